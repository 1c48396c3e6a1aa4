import AttendRuntime
import ReferenceBackend
import Testing

/// Numbers at the edge of what they may be, in attributes and in inputs: an error or the right result, the same on
/// every backend, and never a trap. The 16-bit floats, which round once.
@Suite struct NumberTests {
    @BackendChecks static var checks: [BackendCheck] {
        BackendCheck("no number in an attribute is a trap, and all backends give the same") { backend in
            for call in try SweptCall.all() {
                for (label, attributes) in call.variations { try sweep(call, attributes, label, on: backend) }
            }
        }
        BackendCheck.each("whole numbers that runs are given may be any", [DType.int32, .int64]) { backend, dtype in
            for number in edges(of: dtype) { try sweep(number, dtype, on: backend) }
        }
        BackendCheck("a query's position does not wrap") { backend in
            // A query at the far end sees every key, one at the near end none.
            for (offset, expected) in [(Int.max, 2), (Int.max - 1, 2), (.min, 0), (.min + 1, 0), (1, 2)]
                as [(Int, Float)]
            {
                let found = try attended(["query_offset": .init(.int64, [offset], [])], [:], on: backend)
                #expect(found == [expected, expected, expected], "offset \(offset)")
            }
            // With a window of 2 the query that is two beyond the last key sees none.
            for offset in [Int.max, .min] {
                let found = try attended(
                    ["query_offset": .init(.int64, [offset], [1])], ["window": .integer(2)], on: backend)
                #expect(found == [0, 0, 0], "offset \(offset)")
            }
            // Lengths beyond the keys hide none, and place the last query at the length's end.
            for (length, expected) in [(Int.max, 2), (.min, 0), (-1, 0)] as [(Int, Float)] {
                let found = try attended(["key_lengths": .init(.int64, [length], [1])], [:], on: backend)
                #expect(found == [expected, expected, expected], "length \(length)")
            }
        }
        BackendCheck("a soft cap of 0 is none") { backend in
            let plain = try scores([:], on: backend)
            #expect(try scores(["soft_cap": .number(0)], on: backend) == plain)
            #expect(try scores(["soft_cap": .number(-0.0)], on: backend) == plain)
            #expect(try scores(["soft_cap": .number(0.01)], on: backend) != plain)
        }
        BackendCheck("attention without heads is empty") { backend in
            let builder = GraphBuilder("no heads")
            let query = try builder.input("q", .float32, [1, 0, 2, 4])
            let attended = try query.attention(key: query, value: query)
            try builder.output("output", attended.output)
            try builder.output("pattern", attended.pattern)
            let empty = try Tensor([Float](), shape: [1, 0, 2, 4])
            let found = try builder.build().run(["q": empty], on: backend)
            #expect(found["output"]?.shape == [1, 0, 2, 4])
            #expect(found["pattern"]?.shape == [1, 0, 2, 2])
        }
        BackendCheck("float16 and bfloat16: integers are rounded once") { backend in
            // Just above and just below a tie, as far as the integer can tell.
            for (number, dtype, expected) in [
                (1 << 30 + 1 << 22 + 1, DType.bfloat16, 0x1.02p30), (1 << 30 + 1 << 22, .bfloat16, 0x1p30),
                (1 << 30 + 1 << 22 - 1, .bfloat16, 0x1p30), (1 << 31 + 1 << 23 + 1, .bfloat16, 0x1.02p31),
                (1 << 62 + 1 << 54 + 1, .bfloat16, 0x1.02p62), (-(1 << 62) - 1 << 54 - 1, .bfloat16, -0x1.02p62),
                (Int.max, .bfloat16, 0x1p63), (.min, .bfloat16, -0x1p63), (65519, .float16, 65504),
                (65520, .float16, .infinity), (2049, .float16, 2048), (2051, .float16, 2052)
            ] as [(Int, DType, Float)] {
                for from in [DType.int64, .int32] where from == .int64 || Int32(exactly: number) != nil {
                    let found = try cast(number, from, to: dtype, on: backend)
                    #expect(found == expected, "\(from) \(number) → \(dtype)")
                }
            }
            for number in [Int.max, 1 << 53 + 1, 1 << 62 + 1 << 38 + 1, 1 << 24 + 1, 1 << 24 + 3] {
                let found = try cast(number, .int64, to: .float32, on: backend)
                #expect(found == Float(number), "\(number)")
            }
        }
        BackendCheck.each(
            "float16 and bfloat16: softmax, norms and means compute in float32", [DType.float16, .bfloat16]
        ) {
            try rows($1, on: $0)
        }
        BackendCheck.each("float16 and bfloat16: attention takes a bias of any float", [DType.float16, .bfloat16]) {
            try biases($1, on: $0)
        }
    }

    // MARK: Attributes

    private static func sweep(
        _ call: SweptCall, _ attributes: Attributes, _ label: String, on backend: any ComputeBackend
    ) throws {
        let graph: Graph
        do { graph = try call.graph(attributes) } catch is GraphError { return }
        let type = graph.type(of: graph.outputs[0].value)
        let count = (type.concreteShape ?? []).reduce(1.0) { $0 * Double($1) }
        // Gigabytes are planned, which no number may be a trap for, and not filled.
        guard count < 1e6 else {
            _ = try? Program(graph, on: backend).plan(symbols: [:])
            return
        }
        func outcome(_ backend: any ComputeBackend) -> Tensor? {
            try? Program(graph, on: backend).makeSession().run(call.inputs)["output"]
        }
        let (expected, found) = (outcome(makeReference()), outcome(backend))
        #expect((expected == nil) == (found == nil), "\(label)")
        if let expected, let found { try expectEqual(found, expected, roundings: 64, label) }
    }

    // MARK: Inputs

    private static func edges(of dtype: DType) -> [Int] {
        let wide: [Int] = [.min, .min + 1, -(1 << 31) - 1, 1 << 31, 1 << 32, .max - 1, .max]
        let all = [Int(Int32.min), -3, -2, -1, 0, 1, 2, 3, Int(Int32.max)]
        return dtype == .int32 ? all : all + wide
    }

    /// Integers as a tensor of their dtype.
    struct Whole {
        let tensor: Tensor

        init(_ dtype: DType, _ numbers: [Int], _ shape: [Int]) {
            let storage: Tensor.Storage =
                dtype == .int32 ? .int32(numbers.map { Int32($0) }) : .int64(numbers.map { Int64($0) })
            guard let tensor = try? Tensor(storage: storage, shape: shape) else { preconditionFailure("a right shape") }
            self.tensor = tensor
        }
    }

    private static func sweep(_ number: Int, _ dtype: DType, on backend: any ComputeBackend) throws {
        let matrix = try Tensor([0.5, -1, 2, 3, 0.25, 1], shape: [2, 3])
        let row = try Tensor([7, 8, 9] as [Float], shape: [1, 3])
        let scalar = Whole(dtype, [number], []).tensor
        let calls = [
            ("gather", ["input": matrix, "indices": scalar], [:] as Attributes),
            ("scatter_add", ["input": matrix, "indices": Whole(dtype, [number], [1]).tensor, "updates": row], [:]),
            ("update_slice", ["input": matrix, "update": row, "start": scalar], ["axis": .integer(0)]),
            ("random", ["counter": scalar], ["shape": .sizes([3]), "seed": .integer(.min)]),
            ("abs", ["input": scalar], [:]), ("negate", ["input": scalar], [:]), ("sign", ["input": scalar], [:])
        ]
        for (operation, inputs, attributes) in calls {
            let call = SweptCall(operation: operation, inputs: inputs, attributes: attributes)
            try sweep(call, attributes, "\(operation) of \(number)", on: backend)
        }
        let heads = try Tensor([0.5, -1, 2, 3, 0.25, 1, -2, 1.5], shape: [2, 1, 2, 2])
        for (name, shape) in [("query_offset", []), ("query_offset", [2]), ("key_lengths", [2])] as [(String, [Int])] {
            for attributes in [["causal": .bool(true)], ["window": .integer(1)], ["window": .integer(1 << 40)]]
                as [Attributes]
            {
                let numbers = Array(repeating: number, count: shape.reduce(1, *))
                let call = SweptCall(
                    operation: "attention",
                    inputs: ["query": heads, "key": heads, "value": heads, name: Whole(dtype, numbers, shape).tensor],
                    attributes: attributes)
                try sweep(call, attributes, "\(name) \(number), \(attributes)", on: backend)
            }
        }
    }

    // MARK: Attention

    /// The output of three causal queries that score all of two keys alike, whose values are 1 and 3.
    private static func attended(
        _ more: [String: Whole], _ attributes: Attributes, on backend: any ComputeBackend
    ) throws -> [Float] {
        let zeros = try Tensor(zeros: [1, 1, 3, 1])
        var inputs = [
            "query": zeros, "key": try Tensor(zeros: [1, 1, 2, 1]),
            "value": try Tensor([1, 3] as [Float], shape: [1, 1, 2, 1])
        ]
        for (name, whole) in more { inputs[name] = whole.tensor }
        var all = attributes
        all["causal"] = .bool(true)
        let call = SweptCall(operation: "attention", inputs: inputs, attributes: all)
        return try call.graph(all).run(inputs, on: backend)["output"]?.floats() ?? []
    }

    private static func scores(_ attributes: Attributes, on backend: any ComputeBackend) throws -> [Float] {
        let heads = try Tensor([0.5, -1, 2, 3, 0.25, 1, -2, 1.5], shape: [1, 1, 4, 2])
        let inputs = ["query": heads, "key": heads, "value": heads]
        let call = SweptCall(operation: "attention", inputs: inputs, attributes: attributes)
        return try call.graph(attributes).run(inputs, on: backend)["output"]?.floats() ?? []
    }

    private static func biases(_ dtype: DType, on backend: any ComputeBackend) throws {
        let heads = try Tensor([0.5, -1, 2, 3, 0.25, 1, -2, 1.5], shape: [1, 1, 4, 2])
        let bias = try Tensor([0, -.infinity, 0.5, -1], shape: [4])
        for queryType in [DType.float32, dtype] {
            let builder = GraphBuilder("bias")
            let query = try builder.input("q", .float32, [1, 1, 4, 2]).cast(to: queryType)
            let wide = try builder.input("b", .float32, [4])
            var options = AttentionOptions()
            options.bias = try wide.cast(to: dtype)
            try builder.output("found", try query.attention(key: query, value: query, options: options).output)
            options.bias = wide
            try builder.output("expected", try query.attention(key: query, value: query, options: options).output)
            let results = try builder.build().run(["q": heads, "b": bias], on: backend)
            let (found, expected) = (try #require(results["found"]), try #require(results["expected"]))
            // The numbers of the bias are ones that every type holds; results of 16 bits may fall to a neighbor.
            let roundings: Float = queryType == .float32 ? 16 : queryType == .float16 ? 0x1p14 : 0x1p17
            try expectEqual(found, expected, roundings: roundings, "query \(queryType), bias \(dtype)")
        }
    }

    // MARK: Types

    private static func cast(
        _ number: Int, _ from: DType, to dtype: DType, on backend: any ComputeBackend
    ) throws -> Float? {
        let builder = GraphBuilder("cast")
        try builder.output("y", builder.input("x", from, [1]).cast(to: dtype))
        return try builder.build().run(["x": Whole(from, [number], [1]).tensor], on: backend)["y"]?.floats().first
    }

    /// Rows whose sums, or sums of squares, are beyond what float16 holds, or whose terms are lost in what it sums.
    private static func rows(_ dtype: DType, on backend: any ComputeBackend) throws {
        var random = SeededNumbers(5)
        let width = 4096
        let builder = GraphBuilder("rows")
        let x = try builder.input("x", .float32, [2, Size(width)]).cast(to: dtype)
        let z = try builder.input("z", .float32, [1, 70_000]).cast(to: dtype)
        let wide = try x.cast(to: .float32)
        let results: [(String, Value, Value)] = [
            ("rms_norm", try x.rmsNorm(scale: nil), try wide.rmsNorm(scale: nil)),
            ("layer_norm", try x.layerNorm(scale: nil, bias: nil), try wide.layerNorm(scale: nil, bias: nil)),
            ("reduce_mean", try x.mean(axes: [-1]), try wide.mean(axes: [-1])),
            ("reduce_sum", try (x * 0.125).sum(axes: [0]), try (wide * 0.125).sum(axes: [0])),
            ("softmax", try z.softmax(), try z.cast(to: .float32).softmax()),
            ("log_softmax", try z.logSoftmax(), try z.cast(to: .float32).logSoftmax()),
            ("gelu", try x.gelu(), try wide.gelu()),
            ("gelu tanh", try x.gelu(approximation: "tanh"), try wide.gelu(approximation: "tanh")),
            ("silu", try x.silu(), try wide.silu()), ("sigmoid", try x.sigmoid(), try wide.sigmoid())
        ]
        for (name, narrow, full) in results {
            guard name != "reduce_sum" || isComputed(narrow, by: backend) else { continue }
            try builder.output(name, narrow)
            try builder.output("\(name) in float32", full.cast(to: dtype))
        }
        let graph = try builder.build()
        let inputs = ["x": random.tensor([2, width], 20...60), "z": try Tensor(zeros: [1, 70_000])]
        let found = try graph.run(inputs, on: backend)
        for output in graph.outputs where !output.name.hasSuffix("float32") {
            let expected = try #require(found["\(output.name) in float32"])
            let result = try #require(found[output.name])
            // Rounded once, as the float32 result is: the same bits but where two float32 results differ in their last
            // place.
            try expectEqual(
                result, expected, roundings: dtype == .float16 ? 0x1p14 : 0x1p17, "\(output.name) of \(dtype)")
            #expect(try result.floats().allSatisfy(\.isFinite), "\(output.name) of \(dtype)")
            #expect(try result.floats().contains { $0 != 0 }, "\(output.name) of \(dtype)")
        }
    }

    /// simd and openblas leave arithmetic of 16-bit floats to casts.
    private static func isComputed(_ value: Value, by backend: any ComputeBackend) -> Bool {
        let operand = Operand(dtype: value.dtype, layout: Layout(dense: [2]))
        let request = KernelRequest(
            operation: Operation(.add), inputs: [operand, operand], outputs: [operand])
        return (try? backend.prepare(request)) != nil
    }

    // MARK: The sweep itself

    @Test func `the sweep has every operation with a number among its attributes`() throws {
        let swept = Dictionary(uniqueKeysWithValues: try SweptCall.all().map { ($0.operation, $0.attributes) })
        let schemas = Primitive.allCases.map(\.schema) + Composites.builtIn.values.map(\.schema)
        for schema in schemas {
            for attribute in schema.attributes where [.integer, .number, .integers, .sizes].contains(attribute.kind) {
                #expect(swept[schema.name]?[attribute.name] != nil, "\(schema.name), \(attribute.name)")
            }
        }
    }

    @Test(arguments: [
        ("scale", 1e300), ("soft_cap", 1e300), ("soft_cap", -1e300), ("soft_cap", 1e-300), ("soft_cap", 1e-40)
    ])
    func `a number that float32 can't hold names its node and its attribute`(attribute: String, number: Double) throws {
        for head in [false, true] {
            let call = try #require(SweptCall.all().first { $0.operation == (head ? "self_attention" : "attention") })
            var attributes = call.attributes
            attributes[attribute] = .number(number)
            let error = try #require(throws: GraphError.self) { try call.graph(attributes) }
            #expect(
                "\(error)".contains("node \"\(call.operation)\"") && "\(error)".contains("\"\(attribute)\""), "\(error)"
            )
        }
    }

    @Test(arguments: ["layer_norm", "rms_norm"]) func `so does an epsilon`(operation: String) throws {
        let call = try #require(SweptCall.all().first { $0.operation == operation })
        let error = try #require(throws: GraphError.self) {
            try call.graph(["axis": .integer(1), "epsilon": .number(1e39)])
        }
        #expect("\(error)".contains("node \"\(operation)\""), "\(error)")
        #expect("\(error)".contains("\"epsilon\""), "\(error)")
    }

    @Test func `parameters of another type than the input's are refused`() throws {
        let builder = GraphBuilder("mixed")
        let x = try builder.input("x", .float16, [2, 4])
        let scale = try builder.input("scale", .float32, [4])
        let error = try #require(throws: GraphError.self) { try x.rmsNorm(scale: scale) }
        #expect("\(error)".contains("scale must have the input's dtype float16"), "\(error)")
    }
}
