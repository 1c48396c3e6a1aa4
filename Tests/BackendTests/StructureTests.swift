import AttendRuntime
import Testing

/// What a plan makes of views of views, and what an index out of range does. Each operation by itself is the parity
/// kit's.
@Suite struct StructureTests {
    @Test func `philox gives the published bits`() {
        let zero = Philox.block(counter: .zero, key: .zero)
        #expect(zero == SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
        let ones = Philox.block(counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max))
        #expect(ones == SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD))
        let pi = Philox.block(
            counter: SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344), key: SIMD2(0xA409_3822, 0x299F_31D0))
        #expect(pi == SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1))
    }

    @BackendChecks static var checks: [BackendCheck] {
        BackendCheck("views of views come out in order") { backend in
            var numbers = SeededNumbers(3)
            for shape in [[2, 3, 4], [1, 17, 33], [5, 0, 2], [64, 3, 65]] {
                let x = ["x": numbers.tensor(shape)]
                try OperationCase("reshape of a transpose \(shape)", x) {
                    try $0["x"]!.transposed([1, 0, 2]).reshaped([Size(shape[1]), Size(shape[0] * shape[2])])
                }.check(on: backend)
                try OperationCase("twice transposed and added \(shape)", x) {
                    try $0["x"]!.transposed([2, 1, 0]).transposed([2, 1, 0]) + $0["x"]!
                }.check(on: backend)
            }
            try OperationCase("an odd slice of a transpose, reshaped", ["x": numbers.tensor([20, 10, 5])]) {
                try $0["x"]!.transposed([2, 0, 1]).sliced(axis: 1, from: 19, to: 2, step: -3).reshaped([-1])
            }.check(on: backend)
            try OperationCase("rows of a transpose side by side", ["x": numbers.tensor([2, 3])]) {
                let turned = try $0["x"]!.transposed([1, 0])
                return try $0["x"]!.graph.concatenate([turned, turned], axis: 0)
            }.check(on: backend)
            try OperationCase("bools made, joined and padded", ["f": numbers.bools([3, 2])]) {
                try $0["f"]!.graph.concatenate([$0["f"]!, $0["f"]!.not()], axis: 1).padded(
                    before: [0, 1], after: [1, 0], value: 1)
            }.check(on: backend)
        }

        BackendCheck("an index outside of its axis is an error that names the node") { backend in
            let builder = GraphBuilder("lookup")
            let table = try builder.input("table", .float32, [3, 2])
            let indices = try builder.input("indices", .int64, ["n"])
            try builder.output("rows", builder.apply(.gather, [table, indices], named: "look_up"))
            let session = try Program(builder.build(), on: backend).makeSession()
            let rows = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2])
            for bad: Int64 in [3, -4, .max, .min] {
                let error = #expect(throws: RunError.self) {
                    try session.run(["table": rows, "indices": try Tensor([0, bad] as [Int64], shape: [2])])
                }
                #expect("\(try #require(error))".contains("look_up"))
                #expect("\(try #require(error))".contains("\(bad)"))
            }
            let good = try session.run(["table": rows, "indices": try Tensor([2, -3] as [Int64], shape: [2])])
            #expect(try good["rows"]?.floats() == [5, 6, 1, 2])
        }
    }
}
