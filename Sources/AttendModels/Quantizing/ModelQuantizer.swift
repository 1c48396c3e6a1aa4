public import AttendRuntime

/// Quantizes the matrices of a model's folder: those of projections and heads, and the table of token embeddings. Norms,
/// biases, position tables and convolutions stay as they are.
public struct ModelQuantizer: Sendable {
    /// The matrices' form.
    public let form: QuantizedForm
    /// The dtype of scales, offsets and all other floating-point weights; nil for that of each weight's file.
    public let dtype: DType?
    /// The matrices to quantize, by their tensors' names, sorted.
    public let names: [String]
    /// The matrices that stay as they are because their rows are no whole groups, with their widths, sorted.
    public let indivisible: [(name: String, width: Int)]
    private let model: LoadedModel
    private let matrices: [String: Matrix]
    /// Tensors that repeat the embeddings, and are left out.
    private let repetitions: Set<String>

    /// A matrix in the checkpoint.
    private struct Matrix {
        /// `[out, in]`.
        var shape: [Int]
        var isTransposed: Bool
        /// The names in graphs of the matrix or of its parts, which read the same input.
        var labels: [String]
    }

    /// Finds the matrices. Weights are read only to compare copies of the embeddings with them.
    ///
    /// - Parameter keepsIndivisible: Whether matrices whose rows are no whole groups stay as they are, instead of an error.
    /// - Throws: ``QuantizationError``; errors of the model's files.
    public init(
        _ model: LoadedModel, form: QuantizedForm, dtype: DType? = nil, keepsIndivisible: Bool = false
    ) throws {
        guard model.quantizedForm == nil else {
            throw QuantizationError.quantized(folder: model.folder)
        }
        (self.model, self.form, self.dtype) = (model, form, dtype)
        let weights = model.files.weights
        var (found, indivisible): ([String: Matrix], [String: Int]) = ([:], [:])
        for (name, shape) in try model.files.weightShapes() where ModelQuantizer.isMatrix(name, shape) {
            let place = weights.map.place(of: name)
            let tensor = try weights.names.tensor(for: place.name)
            guard !place.isRow, tensor.hasSuffix(".weight") else { continue }
            guard shape[1] % form.group == 0 else {
                indivisible[tensor] = shape[1]
                continue
            }
            let label = weights.map.label(of: name).nodeName
            if found[tensor] != nil {
                found[tensor]?.labels.append(label)
            } else {
                found[tensor] = Matrix(
                    shape: [shape[0] * (place.part?.count ?? 1), shape[1]], isTransposed: place.isTransposed,
                    labels: [label])
            }
        }
        self.indivisible = indivisible.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        (matrices, names) = (found, found.keys.sorted())
        repetitions = try model.files.repetitions().subtracting(found.keys)
        if let first = self.indivisible.first, !keepsIndivisible || found.isEmpty {
            throw QuantizationError.indivisible(
                name: first.name, width: first.width, count: indivisible.count, group: form.group,
                isAll: found.isEmpty)
        }
    }

    /// Whether a weight is the matrix of a projection or the table of tokens, by its name in ``Transformer``.
    private static func isMatrix(_ name: String, _ shape: [Int]) -> Bool {
        let parts = name.split(separator: "/")
        guard parts.count >= 2, parts.last == "weight", shape.count == 2 else { return false }
        return !["positions", "token_types", "relative"].contains(parts[parts.count - 2])
    }

    /// Writes the folder: its files, with quantized weights in one `model.safetensors`, and `quantization` in
    /// `config.json`. The folder appears under its name only when complete.
    ///
    /// - Parameters:
    ///   - output: A path at which nothing exists.
    ///   - calibration: Activations, so that the errors of projections' outputs are least; nil for least errors of the
    ///     weights themselves.
    ///   - progress: Called before each tensor with its name, the number of bytes read and of all bytes.
    /// - Throws: ``QuantizationError`` for weights that are not finite, or that `dtype` can't hold;
    ///   ``AttendGraph/FileError`` and ``AttendGraph/SafetensorsError`` of files, such as for a full disk.
    /// - Complexity: O(bytes); in memory are the quantized matrices, and one other tensor at a time.
    public func write(
        to output: String, calibration: Calibration? = nil,
        progress: (_ name: String, _ done: Int, _ total: Int) -> Void = { _, _, _ in }
    ) throws -> QuantizationReport {
        let folder = try FolderCopy(of: model.folder, to: output, transformer: model.list.transformerFolder)
        let checkpoint = model.files.weights.checkpoint
        var report = QuantizationReport(form: form, leftOut: folder.leftOut)
        var done = 0
        let total = checkpoint.files.flatMap(\.entries).map(\.byteCount).reduce(0, +)
        var parts: [SafetensorsFile.Part] = []
        for file in checkpoint.files {
            for entry in file.entries {
                report.byteCountBefore += entry.byteCount
                defer { done += entry.byteCount }
                if repetitions.contains(entry.name) { continue }
                if let matrix = matrices[entry.name] {
                    // Its parts are apart in the file, which is ordered by the width of elements: they are kept until then.
                    progress(entry.name, done, total)
                    let result = try quantized(entry, matrix, in: file, calibration)
                    report.add(entry.name, result, matrix.shape)
                    parts += try self.parts(entry.name, result)
                } else {
                    parts.append(part(entry, in: file))
                }
            }
        }
        report.byteCountAfter = parts.map(\.byteCount).reduce(0, +)
        try SafetensorsFile.write(
            parts, metadata: ["format": "mlx"], to: "\(folder.transformer)/model.safetensors")
        try folder.write(
            try ModelQuantizer.configuration(model.list.transformerFolder, form, dtype), to: "config.json")
        try folder.finish()
        return report
    }

    private func quantized(
        _ entry: SafetensorsFile.Entry, _ matrix: Matrix, in file: SafetensorsFile, _ calibration: Calibration?
    ) throws -> MatrixQuantizer.Result {
        let stored = matrix.isTransposed ? Array(matrix.shape.reversed()) : matrix.shape
        var tensor = try file.floats(named: entry.name, shape: stored)
        if matrix.isTransposed {
            let place = WeightMap.Place(entry.name, isTransposed: true)
            tensor = try place.weight(matrix.shape, in: tensor)
        }
        let values = try tensor.floats()
        if let odd = values.firstIndex(where: { !$0.isFinite }) {
            throw QuantizationError.notFinite(
                path: file.path, name: entry.name, value: values[odd],
                indices: [odd / matrix.shape[1], odd % matrix.shape[1]])
        }
        let held = dtype ?? entry.dtype ?? .float32
        let feedback = try calibration.flatMap { try self.feedback(entry.name, matrix, $0) }
        do {
            return try MatrixQuantizer(form: form, dtype: held).quantized(tensor, feedback: feedback)
        } catch {
            throw QuantizationError.tensor(path: file.path, name: entry.name, reason: "\(error)")
        }
    }

    /// The feedback of a projection; nil for another matrix.
    private func feedback(_ name: String, _ matrix: Matrix, _ calibration: Calibration) throws -> ErrorFeedback? {
        let order = model.files.weights.checkpoint.files.flatMap(\.entries).map(\.name).drop { $0 != name }
        let upcoming = order.lazy.compactMap { matrices[$0]?.labels.first }
        guard let label = matrix.labels.first else { return nil }
        return try calibration.moments(of: label, upcoming: upcoming).flatMap { ErrorFeedback($0) }
    }

    private func parts(_ name: String, _ result: MatrixQuantizer.Result) throws -> [SafetensorsFile.Part] {
        let base = name.droppingSuffix(".weight") ?? name
        func part(_ name: String, _ tensor: Tensor, _ dtypeName: String) -> SafetensorsFile.Part {
            SafetensorsFile.Part(name: name, dtypeName: dtypeName, dtype: tensor.dtype, shape: tensor.shape) {
                () throws(SafetensorsError) in tensor
            }
        }
        return [
            part(name, result.words, SafetensorsFile.wordsName),
            part("\(base).scales", result.scales, result.scales.dtype.safetensorsName),
            part("\(base).biases", result.offsets, result.offsets.dtype.safetensorsName)
        ]
    }

    /// A tensor that stays, in the wanted dtype.
    private func part(_ entry: SafetensorsFile.Entry, in file: SafetensorsFile) -> SafetensorsFile.Part {
        let isFloat = entry.dtype?.isFloatingPoint ?? (entry.dtypeName == "F64")
        let held = isFloat ? dtype ?? entry.dtype ?? .float32 : entry.dtype ?? .int32
        return SafetensorsFile.Part(
            name: entry.name, dtypeName: held.safetensorsName, dtype: held, shape: entry.shape
        ) { () throws(SafetensorsError) in
            isFloat
                ? try file.floats(named: entry.name, shape: entry.shape, dtype: held)
                : try file.tensor(named: entry.name)
        }
    }

    /// `config.json` with the form, under both names that mlx-lm writes.
    private static func configuration(_ folder: String, _ form: QuantizedForm, _ dtype: DType?) throws -> JSONValue {
        let file = try ModelFile("\(folder)/config.json")
        guard case .object(var members) = file.root.value else {
            throw ModelError(path: file.path, reason: "expected an object")
        }
        let settings = QuantizationSettings.json(form)
        members.removeAll { ["quantization", "quantization_config"].contains($0.key) }
        if let dtype {
            members = members.map { member in
                ["dtype", "torch_dtype"].contains(member.key) ? .init(member.key, .string(dtype.rawValue)) : member
            }
        }
        return .object(
            members + [.init("quantization", settings), .init("quantization_config", settings)])
    }
}

/// A model that can't be quantized as asked.
public enum QuantizationError: Error, Sendable, CustomStringConvertible {
    /// A folder of quantized weights.
    case quantized(folder: String)
    /// Matrices whose rows are no whole groups; all of the model's, or some.
    case indivisible(name: String, width: Int, count: Int, group: Int, isAll: Bool)
    /// A weight that is NaN or infinite.
    case notFinite(path: String, name: String, value: Float, indices: [Int])
    /// Another failure at a tensor.
    case tensor(path: String, name: String, reason: String)
    /// A path at which something exists.
    case exists(path: String)

    /// Whether another option would help, rather than another folder.
    public var isUsage: Bool {
        switch self {
        case .indivisible, .exists: true
        case .quantized, .notFinite, .tensor: false
        }
    }

    /// The message, with the way out.
    public var description: String {
        switch self {
        case .quantized(let folder):
            return "\(folder): its weights are quantized already; start from the original folder"
        case .indivisible(let name, let width, let count, let group, let isAll):
            let fitting = QuantizedForm.groupSizes.filter { width % $0 == 0 }
            let others = count > 1 ? " (and \(count - 1) more)" : ""
            let way =
                fitting.isEmpty
                ? "no group divides it" : "groups of \(fitting.map(String.init).joined(separator: " or ")) do"
            return "tensor \"\(name)\"\(others): rows of \(width) are no whole number of groups of \(group); \(way)"
                + (isAll ? "" : "; --keep-indivisible leaves such matrices as they are")
        case .notFinite(let path, let name, let value, let indices):
            return "\(path): tensor \"\(name)\": the element at \(indices) is \(value), and a scale must be a number"
        case .tensor(let path, let name, let reason): return "\(path): tensor \"\(name)\": \(reason)"
        case .exists(let path): return "\(path): it exists already; name a new folder"
        }
    }
}
