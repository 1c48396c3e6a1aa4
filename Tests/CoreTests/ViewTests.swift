import AttendRuntime
import ReferenceBackend
import TestSupport
import Testing

@Suite struct ViewTests {
    private func check(_ graph: Graph, kernels: Int) throws {
        let x = ["x": try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])]
        let program = Program(graph, on: DenseOnlyBackend())
        let session = try program.makeSession()
        #expect(try session.run(x) == graph.run(x, on: makeReference()))
        #expect(try session.plan(for: x).placements.count == kernels)
    }

    @Test(.tags(.slow), .unlessFast) func `twenty thousand reshapes of a view need no stack and one copy`() throws {
        let builder = GraphBuilder("chain")
        var value = try builder.input("x", .float32, [2, 3]).transposed([1, 0])
        for index in 0..<20_000 { value = try value.reshaped(index % 2 == 0 ? [3, 1, 2] : [3, 2]) }
        try builder.output("y", value + 1)
        try check(builder.build(), kernels: 2)
    }

    @Test func `a thousand slices of slices are run one after another`() throws {
        let builder = GraphBuilder("slices")
        let x = try builder.input("x", .float32, [2, 1200])
        var value = x
        for count in (200..<1200).reversed() {
            value = try value.sliced(
                axis: 1, from: count % 2 == 0 ? 0 : 1, to: Size(count % 2 == 0 ? count : count + 1))
        }
        try builder.output("y", value + 1)
        let inputs = ["x": try Tensor(uniform: [2, 1200], seed: 1)]
        let graph = try builder.build()
        let session = try Program(graph, on: DenseOnlyBackend()).makeSession()
        #expect(try session.run(inputs) == graph.run(inputs, on: makeReference()))
        #expect(try session.plan(for: inputs).placements.count == 1001)
    }

    @Test func `two readers of a view share its copy`() throws {
        let builder = GraphBuilder("shared")
        let turned = try builder.input("x", .float32, [2, 3]).transposed([1, 0])
        try builder.output("exp", turned.exp())
        try builder.output("sum", turned.reshaped([3, 1, 2]) + turned.reshaped([3, 1, 2]))
        try check(builder.build(), kernels: 3)
    }

    @Test func `a copy that the host adds tells what it is for after the refusals that led there`() throws {
        let builder = GraphBuilder("reasons")
        let x = try builder.input("x", .float32, [2, 3])
        try builder.output("y", x.linear(weight: builder.constant(Tensor(uniform: [4, 3], seed: 1))))
        let y = try builder.input("turned", .float32, [3, 2]).transposed([1, 0])
        try builder.output("z", y.softmax())
        let plan = try Program(builder.build(), on: DenseOnlyBackend()).plan(symbols: [:])
        let copies = plan.placements.filter { $0.reason?.hasSuffix("a dense copy") == true }
        #expect(copies.count == 1)
        let copy = try #require(copies.first)
        #expect(copy.node.hasPrefix("softmax_1/"))
        #expect(copy.reason?.hasPrefix("softmax.v1: ") == true, "\(copy.reason ?? "no reason")")
    }
}
