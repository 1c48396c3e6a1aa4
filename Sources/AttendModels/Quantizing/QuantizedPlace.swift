import AttendRuntime

/// A quantized weight in a checkpoint: words under the weight's name, `scales` and `biases` beside it. Matrices are `[out,
/// in]` always, also of families that store others transposed.
struct QuantizedPlace {
    private let file: (words: SafetensorsFile, scales: SafetensorsFile, offsets: SafetensorsFile)
    private let names: (words: String, scales: String, offsets: String)
    private let form: QuantizedForm
    /// `[rows, width]` of the whole tensor.
    private let whole: [Int]
    private let rows: Range<Int>

    /// Nil for a weight that is not quantized.
    ///
    /// - Parameters:
    ///   - tensor: The tensor's full name.
    ///   - shape: The weight's shape, `[out, in]`.
    /// - Throws: ``SafetensorsError`` for parts of other dtypes or shapes, and for parts without `quantization` in
    ///   `config.json`.
    init?(
        of tensor: String, _ place: WeightMap.Place, _ shape: [Int], _ weights: CheckpointWeights
    ) throws(SafetensorsError) {
        guard let base = tensor.droppingSuffix(".weight"), weights.checkpoint.contains("\(base).scales") else {
            return nil
        }
        let checkpoint = weights.checkpoint
        names = (tensor, "\(base).scales", "\(base).biases")
        file = (
            try checkpoint.file(holding: names.words), try checkpoint.file(holding: names.scales),
            try checkpoint.file(holding: names.offsets)
        )
        guard let form = weights.quantization?.form(of: tensor) else {
            throw .tensor(
                path: file.scales.path, name: names.scales,
                reason: "the weight is quantized, and config.json has no \"quantization\" for it (bits and group_size)")
        }
        guard shape.count == 2, !place.isRow else {
            throw .tensor(
                path: file.words.path, name: tensor, reason: "only matrices can be quantized, this is \(shape)")
        }
        let (width, part) = (shape[1], place.part?.index ?? 0)
        guard width % form.group == 0 else {
            throw .tensor(
                path: file.words.path, name: tensor,
                reason: "a row of \(width) is no whole number of groups of \(form.group) (group_size of config.json)")
        }
        self.form = form
        whole = [shape[0] * (place.part?.count ?? 1), width]
        rows = part * shape[0]..<(part + 1) * shape[0]
        try file.words.checkWords(named: names.words, shape: [whole[0], form.words(width)])
        try file.scales.checkFloats(named: names.scales, shape: [whole[0], width / form.group])
        try file.offsets.checkFloats(named: names.offsets, shape: [whole[0], width / form.group])
    }

    /// The matrix; large parts are read where they are needed.
    ///
    /// - Parameter dtype: That of scales and offsets.
    func tensor(_ dtype: DType) throws -> QuantizedTensor {
        let (words, groups) = (form.words(whole[1]), whole[1] / form.group)
        func floats(_ file: SafetensorsFile, _ name: String) throws -> ConstantTensor {
            let (shape, rows) = ([whole[0], groups], rows)
            return try ConstantTensor(ofFile: name, dtype, [rows.count, groups]) {
                try file.floats(named: name, shape: shape, dtype: dtype).rows(rows)
            }
        }
        let (wordFile, name, shape, rows) = (file.words, names.words, [whole[0], words], rows)
        return QuantizedTensor(
            words: try ConstantTensor(ofFile: name, .int32, [rows.count, words]) {
                try wordFile.words(named: name, shape: shape).rows(rows)
            },
            scales: try floats(file.scales, names.scales), offsets: try floats(file.offsets, names.offsets), form: form)
    }
}

extension CheckpointWeights {
    /// Whether a tensor is the scales or offsets of a quantized weight.
    ///
    /// - Parameter name: The name without prefixes.
    func isPart(_ name: String) -> Bool {
        [".scales", ".biases"].contains {
            name.droppingSuffix($0).map { names.contains("\($0).weight") } ?? false
        }
    }

    /// The form of a quantized weight; nil for another.
    func quantizedForm(of name: String) throws -> QuantizedForm? {
        let tensor = try names.tensor(for: map.place(of: name).name)
        guard let base = tensor.droppingSuffix(".weight"), checkpoint.contains("\(base).scales") else { return nil }
        return quantization?.form(of: tensor)
    }

    /// Throws for settings of modules that the checkpoint does not have, and for settings without quantized weights.
    ///
    /// - Parameter path: The file of the settings.
    func checkQuantization(_ path: String) throws {
        guard let quantization else { return }
        let known = checkpoint.names.compactMap { $0.droppingSuffix(".weight") }
        for module in quantization.modules.keys.sorted() where !checkpoint.contains("\(module).weight") {
            throw ModelError(
                path: path,
                reason: "quantization: there is no weight of \"\(module)\"\(Nearest.hint(for: module, among: known))")
        }
        guard known.contains(where: { checkpoint.contains("\($0).scales") }) else {
            throw ModelError(path: path, reason: "quantization: no weight of the folder has scales; remove the setting")
        }
    }

    /// Whether two tensors hold the same numbers, quantized or not.
    func holdSame(_ first: String, _ second: String, shape: [Int]) throws -> Bool {
        func part(_ name: String, _ ending: String) -> String { (name.droppingSuffix(".weight") ?? name) + ending }
        let isQuantized = [first, second].map { checkpoint.contains(part($0, ".scales")) }
        guard isQuantized.contains(true) else {
            return try checkpoint.holdSameFloats(first, second, shape: shape)
        }
        guard isQuantized == [true, true] else { return false }
        return try ["", ".scales", ".biases"].allSatisfy { ending in
            let names = [first, second].map { ending.isEmpty ? $0 : part($0, ending) }
            return try checkpoint.file(holding: names[0]).holdsSameBytes(
                names[0], as: names[1], in: checkpoint.file(holding: names[1]))
        }
    }
}
