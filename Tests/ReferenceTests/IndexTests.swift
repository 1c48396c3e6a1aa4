import AttendRuntime
import TestSupport
import Testing

@Suite struct IndexTests {
    static let table: [Float] = [1, 2, 3, 4, 5, 6]

    @Test func `gather replaces the axis by the axes of the indices`() throws {
        let run = Runner.reference
        let input = try floats(Self.table, [3, 2])
        try expectSame(
            run(.gather, [input, int64s([2, 0, -1, 1], [2, 2])]), floats([5, 6, 1, 2, 5, 6, 3, 4], [2, 2, 2]))
        try expectSame(
            run(.gather, [input, int32s([1], [])], ["axis": .integer(-1)]), floats([2, 4, 6], [3]))
        try expectSame(run(.gather, [input, int32s([])]), floats([], [0, 2]))
        try expectSame(run(.gather, [bools([true, false]), int64s([-1, 0])]), bools([false, true]))
        try expectSame(run(.gather, [int32s([7, 8]), int64s([1])]), int32s([8]))
    }

    @Test(arguments: [2, -3, Int64.max, .min]) func `gather refuses an index outside`(index: Int64) throws {
        #expect(
            throws: BackendError.indexOutOfRange(backend: "reference", operation: "gather", index: Int(index), size: 2)
        ) {
            try Runner.reference(.gather, [floats([1, 2]), int64s([0, index])])
        }
    }

    @Test func `gather from an empty axis`() throws {
        try expectSame(Runner.reference(.gather, [floats([], [0, 2]), int64s([])]), floats([], [0, 2]))
        expectError(BackendError.self, saying: "gather: index 0 is out of range for an axis of size 0") {
            try Runner.reference(.gather, [floats([], [0, 2]), int64s([0])])
        }
        expectError(BackendError.self, saying: "gather: index 1 is out of range for an axis of size 1") {
            try Runner.reference(.gather, [floats([], [1, 0]), int64s([1])])
        }
    }

    @Test(arguments: Runner.both) func `scatter_add adds up what goes to one place`(run: Runner) throws {
        try expectSame(
            run(
                .scatterAdd,
                [floats(Self.table, [3, 2]), int64s([0, -1, 0]), floats([10, 20, 30, 40, 50, 60], [3, 2])]),
            floats([61, 82, 3, 4, 35, 46], [3, 2]))
        try expectSame(
            run(
                .scatterAdd, [int32s([.max, 0, 0, 0], [2, 2]), int32s([0], []), int32s([1, 2], [2])],
                ["axis": .integer(1)]),
            int32s([.min, 0, 2, 0], [2, 2]))
        try expectSame(run(.scatterAdd, [int64s([1]), int64s([]), int64s([])]), int64s([1]))
    }

    @Test func `scatter_add refuses an index outside`() throws {
        #expect(
            throws: BackendError.indexOutOfRange(backend: "oracle", operation: "scatter_add", index: 1, size: 1)
        ) {
            try Runner.oracle(.scatterAdd, [floats([1]), int32s([1]), floats([1])])
        }
    }

    private func updated(_ start: Tensor, _ update: [Int64] = [8, 9]) throws -> Tensor {
        try Runner.reference(
            .updateSlice, [int64s([0, 1, 2, 3]), int64s(update), start], ["axis": .integer(0)])
    }

    @Test func `update_slice writes from start on, counted from either end`() throws {
        try expectSame(updated(Tensor(0)), int64s([8, 9, 2, 3]))
        try expectSame(updated(Tensor(2)), int64s([0, 1, 8, 9]))
        try expectSame(updated(Tensor(-2)), int64s([0, 1, 8, 9]))
        try expectSame(updated(int32s([-4], [])), int64s([8, 9, 2, 3]))
        try expectSame(updated(Tensor(4), []), int64s([0, 1, 2, 3]))
    }

    @Test(arguments: [3, 4, -1, -5, Int.max, .min]) func `update_slice must lie inside`(start: Int) throws {
        #expect(
            throws: BackendError.indexOutOfRange(
                backend: "reference", operation: "update_slice", index: start, size: 4)
        ) {
            try updated(Tensor(start))
        }
    }

    @Test func `update_slice with a start for each row`() throws {
        func updated(_ starts: Tensor) throws -> Tensor {
            try Runner.reference(
                .updateSlice, [floats(Self.table, [2, 3]), floats([-1, -2, -3, -4], [2, 2]), starts],
                ["axis": .integer(1)])
        }
        try expectSame(updated(int64s([1, 0])), floats([1, -1, -2, -3, -4, 6], [2, 3]))
        try expectSame(updated(int32s([-3, -2], [2])), floats([-1, -2, 3, 4, -3, -4], [2, 3]))
        #expect(
            throws: BackendError.indexOutOfRange(
                backend: "reference", operation: "update_slice", index: 2, size: 3)
        ) {
            try updated(int64s([0, 2]))
        }
        // Of axis 0 itself there is one.
        #expect(throws: (any Error).self) {
            try Runner.reference(
                .updateSlice, [floats(Self.table, [2, 3]), floats([1, 1, 1], [1, 3]), int64s([0, 1])],
                ["axis": .integer(0)])
        }
        #expect(throws: (any Error).self) { try updated(int64s([0, 1, 1])) }
    }

    @Test func `update_slice of an inner axis`() throws {
        try expectSame(
            Runner.reference(
                .updateSlice, [floats(Self.table, [2, 3]), floats([-1, -2], [2, 1]), Tensor(1)],
                ["axis": .integer(-1)]),
            floats([1, -1, 3, 4, -2, 6], [2, 3]))
    }
}
