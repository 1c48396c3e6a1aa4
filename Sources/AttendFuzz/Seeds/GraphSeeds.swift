import AttendModels
import AttendParity
import AttendRuntime

/// Small graphs with every operation and their inputs: the smallest cases of the parity kit, the examples, and a few
/// with features that the cases lack.
enum GraphSeeds {
    /// The number of cases of each operation.
    private static let caseCount = 4
    private static let elementLimit = 600

    static func drafts() throws -> [Draft] {
        var drafts = try handmade() + examples()
        for operation in CaseCatalog.operations {
            let cases = CaseCatalog.cases(of: operation, CaseSelection(isQuick: true, seed: 1, seededCount: 6))
            let small = cases.compactMap { try? $0.build() }.filter { $0.runCount == 1 && size($0) <= elementLimit }
            for (index, built) in small.prefix(caseCount).enumerated() {
                drafts.append(try draft(built, asText: index % 2 == 0))
            }
        }
        return drafts
    }

    private static func size(_ built: BuiltCase) -> Int {
        built.inputs.values.reduce(0) { $0 + $1.elementCount }
            + built.graph.constants.reduce(0) { $0 + $1.content.elementCount }
    }

    private static func draft(_ built: BuiltCase, asText: Bool) throws -> Draft {
        var draft = try SeedFolder.draft { folder in
            try built.graph.write(to: "\(folder)/graph.json")
            if !asText, !built.inputs.isEmpty {
                try SafetensorsFile.write(built.inputs, to: "\(folder)/inputs.safetensors")
            }
        }
        if asText { draft["inputs.json"] = DraftFile("inputs.json", .json(text(built.inputs))) }
        return draft
    }

    /// Tensors as handwritten JSON.
    static func text(_ tensors: [String: Tensor]) -> DraftValue {
        let entries = tensors.sorted { $0.key < $1.key }.map { name, tensor in
            DraftValue.object([
                .init("name", .string(name)), .init("dtype", .string(tensor.dtype.rawValue)),
                .init("shape", .array(tensor.shape.map(DraftValue.number))), .init("data", .array(elements(tensor)))
            ])
        }
        return .object([.init("attend_tensors", .number(1)), .init("tensors", .array(entries))])
    }

    private static func elements(_ tensor: Tensor) -> [DraftValue] {
        switch tensor.storage {
        case .int32(let values): return values.map { .number(Int($0)) }
        case .int64(let values): return values.map { .number(Int($0)) }
        case .bool(let values): return values.map { .bool($0 != 0) }
        case .float32, .float16, .bfloat16:
            return ((try? tensor.floats()) ?? []).map { value in
                value.isNaN ? .string("nan") : value.isInfinite ? .string(value < 0 ? "-inf" : "inf") : .raw("\(value)")
            }
        }
    }

    private static func examples() throws -> [Draft] {
        let files = BuiltInFiles.examples
        func file(_ name: String, as path: String) -> DraftFile? { files[name].map { DraftFile(path, $0) } }
        return [
            [file("translate.json", as: "graph.json"), file("sentence.json", as: "inputs.json")],
            [file("creature.json", as: "graph.json"), file("creature.safetensors", as: "creature.safetensors")]
        ].map { Draft($0.compactMap(\.self)) }
    }

    private static func handmade() throws -> [Draft] {
        try texts.map { graph, inputs in
            Draft([
                DraftFile("graph.json", .json(try DraftValue(parsing: graph))),
                DraftFile("inputs.json", .json(try DraftValue(parsing: inputs)))
            ])
        }
    }

    private static let texts: [(graph: String, inputs: String)] = [
        (
            """
            {"attend": 1, "name": "cache",
             "inputs": [{"name": "new", "dtype": "float32", "shape": ["tokens", 4]},
                        {"name": "at", "dtype": "int64", "shape": []}],
             "states": [{"name": "keys", "dtype": "float32", "shape": ["capacity + 8", 4]}],
             "nodes": [{"name": "kept", "op": "update_slice",
                        "inputs": {"input": "keys", "update": "new", "start": "at"}, "attributes": {"axis": 0}},
                       {"name": "sum", "op": "reduce_sum", "inputs": {"input": "kept"}, "attributes": {"axes": [0]}}],
             "outputs": {"sum": "sum"}, "updates": {"keys": "kept"}}
            """,
            """
            {"attend_tensors": 1, "tensors": [
             {"name": "new", "dtype": "float32", "shape": [2, 4], "data": [1, 2, 3, 4, 5, 6, 7, 8]},
             {"name": "at", "dtype": "int64", "shape": [], "data": [3]}]}
            """
        ),
        (
            """
            {"attend": 1, "name": "function",
             "functions": [{"name": "swish", "inputs": ["x"],
               "constants": [{"name": "rate", "dtype": "float32", "shape": [], "data": [1.5]}],
               "nodes": [{"name": "scaled", "op": "multiply", "inputs": {"lhs": "x", "rhs": "rate"}},
                         {"name": "gate", "op": "sigmoid", "inputs": {"input": "scaled"}},
                         {"name": "out", "op": "multiply", "inputs": {"lhs": "x", "rhs": "gate"}}],
               "outputs": {"output": "out"}}],
             "inputs": [{"name": "x", "dtype": "float32", "shape": ["rows", "2 * width"]},
                        {"name": "y", "dtype": "float32", "shape": ["rows", "width"]}],
             "nodes": [{"name": "once", "op": "swish", "inputs": {"x": "x"}},
                       {"name": "joined", "op": "concatenate", "inputs": {"inputs": ["once", "y", "y"]}, \
            "attributes": {"axis": 1}},
                       {"name": "flat", "op": "reshape", "inputs": {"input": "joined"}, "attributes": \
            {"shape": ["rows * width", 4]}},
                       {"name": "half", "op": "cast", "inputs": {"input": "flat"}, "attributes": {"dtype": "bfloat16"}},
                       {"name": "padded", "op": "pad", "inputs": {"input": "half"},
                        "attributes": {"before": [1, 0], "after": [0, 2], "value": "-inf"}}],
             "outputs": {"flat": "flat", "padded": "padded"}}
            """,
            """
            {"attend_tensors": 1, "tensors": [
             {"name": "x", "dtype": "float32", "shape": [2, 4], "data": [1, -2, 3, -4, 0.5, 6, -7, 8]},
             {"name": "y", "dtype": "float32", "shape": [2, 2], "data": [1, 2, 3, "inf"]}]}
            """
        )
    ]
}
