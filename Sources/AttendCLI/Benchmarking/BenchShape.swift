import ArgumentParser
import AttendRuntime

/// A shape of `attend bench`, and its graph of one node.
struct BenchShape {
    enum Kind: String, CaseIterable, Sendable {
        case matmul, linear, attention
        /// A sum over numbers: the memory bandwidth that a backend reaches.
        case read
        /// A whole model or preset.
        case model
    }

    let kind: Kind
    /// The name of a model or preset; nil for kernels.
    let name: String?
    /// The numbers of the text, in its order.
    let sizes: [Int]
    let isCausal: Bool
    let window: Int?
    /// Bits and group of a quantized weight.
    let quantized: (bits: Int, group: Int)?

    /// The shape as it is written: `1,12,12,512,512,64,causal`.
    var text: String {
        ([name].compactMap(\.self) + sizes.map(String.init) + (isCausal ? ["causal"] : [])
            + (window.map { ["window=\($0)"] } ?? [])
            + (quantized.map { ["bits=\($0.bits)", "group=\($0.group)"] } ?? []))
            .joined(separator: ",")
    }

    /// The sizes of a kind, for errors and help.
    static func form(of kind: Kind) -> String {
        switch kind {
        case .matmul: "M,N,K"
        case .linear: "ROWS,IN,OUT[,bits=4|8[,group=32|64|128]]"
        case .read: "NUMBERS"
        case .model: "MODEL,BATCH,TOKENS"
        case .attention: "BATCH,HEADS,KEY-VALUE-HEADS,QUERIES,KEYS,HEAD-DIMENSION[,causal][,window=W]"
        }
    }

    /// - Throws: `ValidationError` for a text of another form.
    init(_ kind: Kind, parsing text: String) throws {
        var words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        func fail(_ reason: String) -> ValidationError {
            ValidationError("--shapes \"\(text)\": \(reason); expected \(BenchShape.form(of: kind))")
        }
        var (isCausal, window): (Bool, Int?) = (false, nil)
        var (bits, group): (Int?, Int?) = (nil, nil)
        while kind == .linear, let last = words.last, let equals = last.firstIndex(of: "=") {
            let number = Int(last[last.index(after: equals)...])
            switch (last[..<equals], number) {
            case ("bits", .some(4)), ("bits", .some(8)): bits = number
            case ("group", .some(32)), ("group", .some(64)), ("group", .some(128)): group = number
            default: throw fail("\"\(last)\" is not known")
            }
            words.removeLast()
        }
        if bits == nil, group != nil { throw fail("a group needs bits") }
        while kind == .attention, let last = words.last, Int(last) == nil {
            if last == "causal", !isCausal {
                isCausal = true
            } else if last.hasPrefix("window="), window == nil, let size = Int(last.dropFirst(7)), size > 0 {
                window = size
            } else {
                throw fail("\"\(last)\" is not known")
            }
            words.removeLast()
        }
        var count = BenchShape.form(of: kind).prefix { $0 != "[" }.split(separator: ",").count
        if kind == .model, words.count == count {
            name = words.removeFirst()
            count -= 1
        } else {
            name = nil
        }
        guard words.count == count else { throw fail("it has \(words.count) sizes, not \(count)") }
        sizes = try words.map { word in
            let most = kind == .read ? 1 << 34 : 1 << 24
            guard let size = Int(word), (1...most).contains(size) else {
                throw fail("\"\(word)\" is no size from 1 to \(most)")
            }
            return size
        }
        if kind == .attention, sizes[1] % sizes[2] != 0 {
            throw fail("\(sizes[1]) heads are no multiple of \(sizes[2]) key/value heads")
        }
        if let bits, sizes[1] % (group ?? 64) != 0 {
            throw fail("\(sizes[1]) is no multiple of the group of \(group ?? 64) with \(bits) bits")
        }
        (self.kind, self.isCausal, self.window) = (kind, isCausal, window)
        quantized = bits.map { ($0, group ?? 64) }
    }

    init(_ kind: Kind, _ sizes: [Int]) {
        (self.kind, name, self.sizes, isCausal, window, quantized) = (kind, nil, sizes, false, nil, nil)
    }

    /// The shapes that are measured without `--shapes`.
    static func usual(_ kind: Kind) -> [String] {
        switch kind {
        case .matmul: ["256,256,256", "512,512,512", "1024,1024,1024", "2048,2048,2048"]
        case .linear:
            [1, 4, 8, 16, 128, 512].flatMap { rows in
                ["384,1536", "768,3072", "3072,768", "4096,4096"].map { "\(rows),\($0)" }
            }
        case .read: ["65536", "1048576", "16777216"]
        case .model:
            ["1,16", "1,128", "8,128", "32,128", "1,512"].map { "all-MiniLM-L6-v2,\($0)" }
        case .attention:
            [
                "1,12,12,128,128,64", "1,12,12,512,512,64", "1,12,12,1024,1024,64,causal",
                "1,32,8,2048,2048,128,causal", "8,12,12,128,128,64", "1,8,8,512,2048,64", "1,12,12,1,1024,64",
                "1,32,8,1,8192,128"
            ]
        }
    }

    /// Floating-point operations of a kernel, with a multiply-add as two; of attention those of visible keys.
    var flops: Double {
        switch kind {
        case .matmul, .linear: 2 * sizes.reduce(1) { $0 * Double($1) }
        case .attention: 4 * Double(sizes[0] * sizes[1] * sizes[5]) * visiblePairs
        case .read: Double(sizes[0])
        // A plan counts them.
        case .model: 0
        }
    }

    /// The pairs of a query and a key that it sees, of one head. Queries stand at the last keys.
    private var visiblePairs: Double {
        let (queries, keys) = (sizes[3], sizes[4])
        guard isCausal || window != nil else { return Double(queries) * Double(keys) }
        return (0..<queries).reduce(0) { total, query in
            let position = keys - queries + query
            let high = isCausal ? min(keys, position + 1) : min(keys, position + (window ?? keys))
            let low = max(0, position - (window ?? keys) + 1)
            return total + Double(max(0, high - low))
        }
    }

    /// The inputs by name, with their shapes; those that are weights come last.
    private var operands: [(name: String, shape: [Int], isWeight: Bool)] {
        switch kind {
        case .linear where quantized != nil:
            let (bits, group) = quantized ?? (4, 64)
            let groups = [sizes[2], sizes[1] / group]
            return [
                ("input", [sizes[0], sizes[1]], false), ("weight", [sizes[2], sizes[1] * bits / 32], true),
                ("scales", groups, true), ("offsets", groups, true)
            ]
        case .matmul: return [("lhs", [sizes[0], sizes[2]], false), ("rhs", [sizes[2], sizes[1]], false)]
        case .linear: return [("input", [sizes[0], sizes[1]], false), ("weight", [sizes[2], sizes[1]], true)]
        case .read: return [("input", [sizes[0]], false)]
        case .model: return []
        case .attention:
            return [
                ("query", [sizes[0], sizes[1], sizes[3], sizes[5]], false),
                ("key", [sizes[0], sizes[2], sizes[4], sizes[5]], false),
                ("value", [sizes[0], sizes[2], sizes[4], sizes[5]], false)
            ]
        }
    }

    /// The request, and the tensor of each of its operands, in [−1, 1].
    ///
    /// - Throws: `BackendError` where the host lacks memory for them: arrays abort on a failed allocation.
    func request(_ dtype: DType) throws -> (request: KernelRequest, tensors: [Tensor?]) {
        // Once as they are drawn, and once converted or in a buffer.
        let byteCount = try 8 * operands.reduce(0) { try $0 + Tensor.elementCount(of: $1.shape) }
        try BenchShape.requireRoom(for: self, byteCount: byteCount)
        let builder = GraphBuilder("bench")
        var (values, tensors): ([String: Value], [String: Tensor]) = ([:], [:])
        for (index, operand) in operands.enumerated() {
            let drawn = try Tensor(uniform: operand.shape, in: -1...1, seed: 100 + index)
            // All bits of a word are random but those that all floats of [−1, 1] share.
            let isWord = quantized != nil && operand.name == "weight"
            let tensor =
                isWord
                ? try Tensor(
                    drawn.floats().map { Int32(truncatingIfNeeded: $0.bitPattern &* 2_654_435_761) }, shape: drawn.shape
                )
                : try drawn.rounded(to: dtype)
            tensors[operand.name] = tensor
            values[operand.name] = try builder.input(operand.name, TensorType(tensor.dtype, operand.shape))
        }
        var attributes: Attributes = [:]
        if isCausal { attributes["causal"] = .bool(true) }
        if let window { attributes["window"] = .integer(window) }
        if kind == .read { attributes["axes"] = .integers([0]) }
        if let quantized { attributes = ["bits": .integer(quantized.bits), "group": .integer(quantized.group)] }
        let operation =
            quantized != nil
            ? OperationID.quantizedLinear.name : kind == .read ? Primitive.reduceSum.rawValue : kind.rawValue
        let outputs = try builder.apply(operation, inputs: values, attributes: attributes)
        try builder.output("output", outputs[0])
        let graph = try builder.build()
        guard let node = graph.nodes.first else { preconditionFailure("a graph of one node") }
        let names = node.inputs.map { id in id.map { graph.values[$0].name } }
        let weights = Set(operands.filter(\.isWeight).map(\.name))
        func operand(_ id: Graph.ValueID, _ name: String) -> Operand {
            Operand(
                dtype: graph.type(of: id).dtype, layout: Layout(dense: graph.type(of: id).concreteShape ?? []),
                isConstant: weights.contains(name))
        }
        let request = KernelRequest(
            operation: node.operation,
            inputs: zip(node.inputs, names).map { id, name in id.map { operand($0, name ?? "") } },
            outputs: node.outputs.enumerated().map { $0 == 0 ? operand($1, "") : nil })
        return (request, names.map { $0.flatMap { tensors[$0] } })
    }

    /// - Throws: `BackendError` where the host lacks memory: arrays abort on a failed allocation.
    static func requireRoom(for shape: BenchShape, byteCount: Int) throws {
        guard !HostMachine.hasRoom(for: byteCount) else { return }
        throw BackendError.outOfMemory(backend: "the host, for the shape \(shape.text)", byteCount: byteCount)
    }
}
