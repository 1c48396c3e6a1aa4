import AttendPlugin
import AttendRuntime
import Foundation
import PluginSupport
import Testing

/// What a plug-in is offered: a composite by its versioned name, and after "unsupported" its parts, level by level.
@Suite(.compilesC) struct OpeningTests {
    /// What a plug-in that takes primitives alone is offered for a graph, in order.
    private static func offers(_ build: (GraphBuilder) throws -> Value) throws -> [String] {
        let folder = try PluginFolder()
        let record = "\(folder.path)/offers"
        let path = try folder.build(
            "\(CCompiler.root)/Tests/PluginTests/Fixtures/recorder.c", library: "librecorder", name: "minimal",
            flags: ["-DRECORD=\"\(record)\"", "-I", "\(CCompiler.root)/Plugins/Backends/minimal"])
        let builder = GraphBuilder("offers")
        try builder.output("y", build(builder))
        _ = try Program(builder.build(), on: Plugin(path: path).makeBackend(), optimizer: .none).plan(symbols: [:])
        return try String(contentsOfFile: record, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    @Test func `a composite is opened into what it is made of`() throws {
        let offers = try Self.offers { try $0.input("x", .float32, [4]).softmax() }
        #expect(
            offers == [
                "refused softmax.v1 input", "taken reduce_max.v1 input", "taken subtract.v1 lhs rhs",
                "taken exp.v1 input", "taken reduce_sum.v1 input", "taken divide.v1 lhs rhs"
            ])
    }

    @Test func `composites of composites are opened one level at a time, down to the primitives`() throws {
        let offers = try Self.offers { builder in
            let x = try builder.input("x", .float32, [1, 3, 8])
            func weight(_ seed: Int) throws -> Value { try builder.constant(Tensor(uniform: [8, 8], seed: seed)) }
            let weights = AttentionWeights(
                query: try weight(1), key: try weight(2), value: try weight(3), output: try weight(4))
            return try x.selfAttention(weights, heads: 2, options: .causal).output
        }
        let names = offers.map { String($0.split(separator: " ")[1]) }
        // The head, then its first part, then that one's, before the head's next part.
        #expect(offers[0].hasPrefix("refused self_attention.v1 input "))
        #expect(offers[1].hasPrefix("refused linear.v1 input weight"))
        #expect(offers[2] == "taken matmul.v1 lhs rhs")
        let attention = try #require(names.firstIndex(of: "attention.v1"))
        #expect(names[..<attention].filter { $0 == "linear.v1" }.count == 3)
        #expect(offers[attention] == "refused attention.v1 query key value mask bias key_lengths query_offset")
        #expect(names.filter { $0 == "linear.v1" }.count == 4)
        #expect(names.last != "linear.v1")
        for (offer, name) in zip(offers, names) {
            let isPrimitive = Primitive(rawValue: String(name.dropLast(3))) != nil
            #expect(offer.hasPrefix(isPrimitive ? "taken " : "refused "), "\(offer)")
            #expect(name.hasSuffix(".v1"), "\(offer)")
        }
    }

    /// Composites of a program's own, one made of the other.
    private struct Half: CompositeOperation {
        let schema = OperationSchema("half", version: 3, inputs: [.init("whole")])

        func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
            ["output": try call["whole"] * 0.5]
        }
    }
    private struct Quarter: CompositeOperation {
        let schema = OperationSchema("quarter", inputs: [.init("whole")])

        func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
            let half = try call.graph.apply(Half(), inputs: ["whole": call["whole"]])[0]
            return ["output": try call.graph.apply(Half(), inputs: ["whole": half])[0]]
        }
    }

    @Test func `a composite of the user's is offered under its own name and version`() throws {
        let offers = try Self.offers { builder in
            try builder.apply(Quarter(), inputs: ["whole": builder.input("x", .float32, [4])])[0]
        }
        #expect(
            offers == [
                "refused quarter.v1 whole", "refused half.v3 whole", "taken multiply.v1 lhs rhs",
                "refused half.v3 whole", "taken multiply.v1 lhs rhs"
            ])
    }
}
