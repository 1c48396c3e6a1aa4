import AttendRuntime

/// The weights of a module after the transformer: `model.safetensors` in its folder, with exactly the expected tensors.
struct ModuleWeights: Sendable {
    private let file: SafetensorsFile
    private let prefix: String

    /// - Parameters:
    ///   - index: The module's index in its list, part of the weights' names in the graph.
    ///   - names: The names of all tensors.
    init(folder: String, index: Int, names: [String]) throws {
        let path = "\(folder)/model.safetensors"
        guard let found = try InputFile.ifPresent(path) else {
            let hint =
                try InputFile.ifPresent("\(folder)/pytorch_model.bin") == nil
                ? "" : "; pytorch_model.bin exists, but only safetensors are supported"
            throw ModelError(path: path, reason: "can't open it: no such file\(hint)")
        }
        file = try SafetensorsFile(found)
        prefix = "modules.\(index)."
        for name in names where file.entry(named: name) == nil {
            throw SafetensorsError.missing(
                path: path, name: name, hint: Nearest.hint(for: name, among: file.entries.map(\.name)))
        }
        for entry in file.entries where !names.contains(entry.name) {
            throw SafetensorsError.tensor(
                path: path, name: entry.name,
                reason: "the module has no such weight; its weights are \(names.joined(separator: ", "))")
        }
    }

    /// The weights as constants of a graph, or as declared inputs.
    func source(in features: SentenceFeatures) -> (_ name: String, _ shape: [Int]) throws -> Value {
        let (file, count, dtype) = (file, prefix.count, features.dtype)
        let source: WeightSource =
            features.isDeclared
            ? .declared { name, shape in
                let plain = String(name.dropFirst(count))
                guard let found = file.entry(named: plain)?.shape, found != shape else { return }
                throw SafetensorsError.shape(path: file.path, name: plain, expected: shape, found: found)
            }
            : .constants { name, shape in
                let plain = String(name.dropFirst(count))
                try file.checkFloats(named: plain, shape: shape)
                return try ConstantTensor(ofFile: plain, dtype, shape) {
                    try file.floats(named: plain, shape: shape, dtype: dtype)
                }
            }
        let weights = GraphWeights(source, dtype, in: features.builder)
        return { [prefix] name, shape in try weights(prefix + name, shape) }
    }
}
