import AttendRuntime
import Testing

@Suite struct MovingTests {
    @Test func `reshape keeps the order, whatever the dtype`() throws {
        let run = Runner.reference
        try expectSame(
            run(.reshape, [floats([1, 2, 3, 4])], ["shape": .sizes([2, -1])]), floats([1, 2, 3, 4], [2, 2]))
        try expectSame(run(.reshape, [bools([true])], ["shape": .sizes([])]), bools([true], []))
        try expectSame(run(.reshape, [int64s([], [0, 3])], ["shape": .sizes([5, 0])]), int64s([], [5, 0]))
    }

    @Test func `transpose permutes axes`() throws {
        let run = Runner.reference
        let input = try int32s([1, 2, 3, 4, 5, 6], [1, 2, 3])
        try expectSame(
            run(.transpose, [input], ["permutation": .integers([2, 0, 1])]), int32s([1, 4, 2, 5, 3, 6], [3, 1, 2]))
        try expectSame(
            run(.transpose, [bools([true, true, false, false], [2, 2])], ["permutation": .integers([1, 0])]),
            bools([true, false, true, false], [2, 2]))
    }

    @Test func `broadcast repeats axes of size one`() throws {
        let run = Runner.reference
        try expectSame(
            run(.broadcast, [floats([1, 2], [2, 1])], ["shape": .sizes([2, 2, 3])]),
            floats([1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2], [2, 2, 3]))
        try expectSame(run(.broadcast, [Tensor(7)], ["shape": .sizes([0, 2])]), int64s([], [0, 2]))
    }

    private func sliced(_ start: Int, _ end: Int, _ step: Int) throws -> Tensor {
        try Runner.reference(
            .slice, [int64s([0, 1, 2, 3, 4])],
            [
                "axes": .integers([0]), "starts": .sizes([Size(start)]), "ends": .sizes([Size(end)]),
                "steps": .integers([step])
            ])
    }

    @Test func `slice counts negative bounds from the end and clamps`() throws {
        try expectSame(sliced(1, 4, 1), int64s([1, 2, 3]))
        try expectSame(sliced(-2, 100, 1), int64s([3, 4]))
        try expectSame(sliced(0, 5, 2), int64s([0, 2, 4]))
        try expectSame(sliced(3, 1, 1), int64s([]))
    }

    @Test func `slice steps backwards`() throws {
        try expectSame(sliced(4, -100, -1), int64s([4, 3, 2, 1, 0]))
        try expectSame(sliced(-1, 0, -2), int64s([4, 2]))
        try expectSame(sliced(100, 2, -1), int64s([4, 3]))
        try expectSame(sliced(0, 4, -1), int64s([]))
    }

    @Test func `slice of several axes without steps`() throws {
        try expectSame(
            Runner.reference(
                .slice, [floats([1, 2, 3, 4, 5, 6], [2, 3])],
                ["axes": .integers([-1, 0]), "starts": .sizes([1, 1]), "ends": .sizes([3, 2])]),
            floats([5, 6], [1, 2]))
    }

    @Test(arguments: Runner.both) func `pad surrounds with a value`(run: Runner) throws {
        try expectSame(
            run(
                .pad, [floats([1, 2], [1, 2])],
                ["before": .sizes([0, 1]), "after": .sizes([1, 0]), "value": .number(-0.5)]),
            floats([-0.5, 1, 2, -0.5, -0.5, -0.5], [2, 3]))
        try expectSame(
            run(.pad, [int32s([])], ["before": .sizes([1]), "after": .sizes([1]), "value": .number(1e20)]),
            int32s([.max, .max]))
        try expectSame(
            run(.pad, [bools([true])], ["before": .sizes([1]), "after": .sizes([0])]), bools([false, true]))
        try expectSame(run(.pad, [Tensor(5)], ["before": .sizes([]), "after": .sizes([])]), Tensor(5))
    }

    @Test(arguments: Runner.both) func `concatenate joins along an axis, empty parts too`(run: Runner) throws {
        let parts = [
            try floats([1, 2], [2, 1]), try floats([], [2, 0]), try floats([3, 4, 5, 6], [2, 2])
        ]
        try expectSame(
            run(.concatenate, parts, ["axis": .integer(-1)]), floats([1, 3, 4, 2, 5, 6], [2, 3]))
        try expectSame(
            run(.concatenate, [bools([true]), bools([false, true])], ["axis": .integer(0)]),
            bools([true, false, true]))
        try expectSame(run(.concatenate, [int64s([4])], ["axis": .integer(0)]), int64s([4]))
        try expectSame(
            run(.concatenate, [int32s([1, 2], [1, 2]), int32s([3, 4], [1, 2])], ["axis": .integer(0)]),
            int32s([1, 2, 3, 4], [2, 2]))
    }
}
