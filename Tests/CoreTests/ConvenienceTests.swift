import AttendRuntime
import ReferenceBackend
import Testing

/// What saves words: sizes without `Size(…)`, options in one expression, names that are told where they were nearly
/// right.
@Suite struct ConvenienceTests {
    @Test func `numbers and texts that are not literals stand in shapes`() throws {
        let (width, symbol, heads) = (8, "tokens", 2)
        let builder = GraphBuilder("sizes")
        let input = try builder.input("input", .float32, [symbol, width])
        #expect(input.shape == [.symbol("tokens"), 8])
        let mixed = try builder.input("mixed", .float32, ["past + tokens", width / heads])
        #expect(try mixed.shape == [Size(parsing: "past + tokens"), 4])
        let state = try builder.state("state", .float32, ["capacity", width])
        #expect(state.type == TensorType(.float32, ["capacity", width]))
        let split = try input.reshaped([symbol, heads, width / heads])
        #expect(split.shape == ["tokens", 2, 4])
        #expect(try input.sliced(axis: 1, from: 0, to: heads).shape == ["tokens", 2])
        #expect(try input.sliced(axis: 1, from: 0, to: width / 2).shape == ["tokens", 4])
        #expect(try builder.iota([heads, width], axis: 0).shape == [2, 8])
        #expect(try input.padded(before: [0, heads], after: [0, 0]).shape == ["tokens", 10])
        #expect(try builder.scalar(1).broadcast([heads, symbol]).shape == [2, "tokens"])
    }

    @Test(arguments: ["tokens +", "2x", "", "a b", "a..b", "(", "a/0", "🙂"])
    func `a literal that is no size is an error wherever it is used`(_ text: String) throws {
        let literal = Size(stringLiteral: text)
        let builder = GraphBuilder("typo")
        func refused(_ body: () throws -> Void) throws {
            let error = try #require(throws: GraphError.self, performing: body)
            guard case .size(_, let reason) = error else {
                Issue.record("\(error)")
                return
            }
            // A division by zero is told as it is computed.
            #expect(reason.contains("\"\(text)\"") || reason.contains("a / 0"), "\(reason)")
        }
        try refused { _ = try builder.input("a", .float32, [literal, 2]) }
        try refused { _ = try builder.input("b", .float32, [text, 2]) }
        try refused { _ = try builder.input("c", TensorType(.float32, [literal])) }
        try refused { _ = try builder.state("d", .float32, [literal]) }
        try refused { _ = try builder.iota([literal], axis: 0) }
        let input = try builder.input("input", .float32, [2, 3])
        try refused { _ = try input.reshaped([literal, 3]) }
        try refused { _ = try input.broadcast([literal, 2, 3]) }
        try refused { _ = try input.sliced(axis: 0, from: 0, to: literal) }
        try refused { _ = try input.padded(before: [literal, 0], after: [0, 0]) }
        // Arithmetic hides nothing.
        if let sum = try? literal.adding("n") { try refused { _ = try builder.input("e", .float32, [sum]) } }
        try refused { _ = try builder.input("f", .float32, [Size.symbol(text)]) }
    }

    @Test func `options of attention are one expression`() throws {
        let builder = GraphBuilder("options")
        let query = try builder.input("query", .float32, [1, 2, 3, 4])
        let mask = try builder.input("mask", .bool, [3, 3])
        let options = AttentionOptions(causal: true, scale: 0.5, softCap: 30, window: 128, mask: mask)
        #expect(options.isCausal)
        #expect(options.window == 128)
        #expect(options.mask?.name == "mask")
        #expect(options.scale == 0.5)
        let attended = try query.attention(key: query, value: query, options: options)
        #expect(attended.output.shape == [1, 2, 3, 4])
        #expect(AttentionOptions().window == nil)
        #expect(!AttentionOptions().isCausal)
        #expect(AttentionOptions.causal.isCausal)
        let weight = try builder.input("weight", .float32, [4, 4])
        let bias = try builder.input("bias", .float32, [4])
        let input = try builder.input("input", .float32, [3, 4])
        let weights = AttentionWeights(
            query: weight, key: weight, value: weight, output: weight, queryBias: bias, outputBias: bias)
        #expect(weights.queryBias?.name == "bias")
        #expect(weights.keyBias == nil)
        #expect(try input.selfAttention(weights, heads: 2).output.shape == [3, 4])
    }

    @Test func `rows that are not a multiple of the heads are an error in these words`() throws {
        let builder = GraphBuilder("heads")
        let input = try builder.input("input", .float32, [3, 16])
        let weight = try builder.input("weight", .float32, [16, 16])
        let weights = AttentionWeights(query: weight, key: weight, value: weight, output: weight)
        let three = try #require(throws: GraphError.self) { try input.selfAttention(weights, heads: 3) }
        #expect("\(three)".contains("query_weight has 16 rows, not a multiple of 3 heads"), "\(three)")
        let wide = try builder.input("wide", .float32, [24, 16])
        let shared = AttentionWeights(query: wide, key: weight, value: weight, output: wide)
        let error = try #require(throws: GraphError.self) {
            try input.crossAttention(to: input, shared, heads: 6, keyValueHeads: 3)
        }
        #expect("\(error)".contains("key_weight has 16 rows, not a multiple of 3 key/value heads"), "\(error)")
    }

    @Test func `names that are nearly right are told`() throws {
        let builder = GraphBuilder("cache")
        let input = try builder.input("input", .float32, [1, 2])
        let cache = try builder.state("cache", .float32, ["capacity", 2])
        let start = try builder.input("start", .int64, [])
        try builder.update(cache, with: cache.updatingSlice(with: input, start: start, axis: 0))
        try builder.output("first", cache.sliced(axis: 0, from: 0, to: 1))
        let program = Program(try builder.build(), on: makeReference())
        let unknown = try #require(throws: RunError.self) { try program.makeSession(symbols: ["capcity": 4]) }
        #expect("\(unknown)" == "no size is named \"capcity\"; did you mean \"capacity\"? (known: capacity)")
        let session = try program.makeSession(symbols: ["capacity": 2])
        let grown = try #require(throws: RunError.self) { try session.grow(["capacty": 4]) }
        let reserved = try #require(throws: RunError.self) { _ = try session.reserve("capacty", atLeast: 4) }
        for error in [grown, reserved] { #expect("\(error)".contains("did you mean \"capacity\"?")) }
        let update = try Tensor([1, 2] as [Float], shape: [1, 2])
        let misnamed = try #require(throws: RunError.self) { try session.run(["inptu": update, "start": Tensor(0)]) }
        #expect("\(misnamed)".contains("did you mean \"input\"?"))
        // A cache that is full says what makes room.
        let full = try #require(throws: RunError.self) { try session.run(["input": update, "start": Tensor(2)]) }
        #expect("\(full)".contains("reserve(_:atLeast:)"), "\(full)")
        try session.reserve("capacity", atLeast: 3)
        _ = try session.run(["input": update, "start": Tensor(2)])
        let capture = try #require(throws: RunError.self) {
            try session.run(["input": update, "start": Tensor(0)], capture: ["cahce"])
        }
        #expect("\(capture)".contains("no value in the graph is named \"cahce\""), "\(capture)")
        let pattern = try #require(throws: GraphError.self) { try program.graph.captureNames(matching: ["inptu*"]) }
        #expect("\(pattern)".contains("no value in the graph is named \"inptu*\""))
    }
}
