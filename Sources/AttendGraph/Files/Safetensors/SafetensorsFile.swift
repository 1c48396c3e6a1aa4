/// A safetensors file, open for reading tensors by name.
public final class SafetensorsFile: Sendable {
    /// One tensor of the file.
    public struct Entry: Sendable, Hashable {
        /// The tensor's name.
        public var name: String
        /// The dtype as spelled in the format, such as `BF16`.
        public var dtypeName: String
        /// Sizes by axis.
        public var shape: [Int]
        /// Offset of the first byte in the data section.
        public var begin: Int
        /// Offset after the last byte in the data section.
        public var end: Int

        /// The element type, or nil if unsupported.
        public var dtype: DType? {
            switch dtypeName {
            case "F32": .float32
            case "F16": .float16
            case "BF16": .bfloat16
            case "I32": .int32
            case "I64": .int64
            case "BOOL": .bool
            default: nil
            }
        }

        /// Size in bytes.
        public var byteCount: Int { end - begin }
    }

    /// The path as given.
    public var path: String { file.path }
    /// The tensors, sorted by offset.
    public let entries: [Entry]
    /// The strings of `__metadata__`; empty if absent.
    public let metadata: [String: String]
    let file: InputFile
    let dataOffset: Int
    private let index: [[UInt8]: Int]

    /// Opens the file and validates its whole header; tensors are read on demand. O(header).
    ///
    /// - Throws: ``SafetensorsError`` for any deviation from the format.
    public convenience init(_ path: String) throws(SafetensorsError) {
        let file: InputFile
        do {
            file = try InputFile(path)
        } catch {
            throw .file(error)
        }
        try self.init(file)
    }

    /// Validates the header of an open file.
    package init(_ file: InputFile) throws(SafetensorsError) {
        self.file = file
        let header = try SafetensorsHeader(file)
        entries = header.entries.sorted { ($0.begin, $0.end) < ($1.begin, $1.end) }
        metadata = header.metadata
        dataOffset = header.dataOffset
        index = Dictionary(
            entries.enumerated().map { (Array($1.name.utf8), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The entry of this name, or nil. O(1).
    public func entry(named name: String) -> Entry? { index[Array(name.utf8)].map { entries[$0] } }

    /// Reads a tensor. O(bytes).
    ///
    /// - Throws: ``SafetensorsError`` that names the tensor: missing, of an unsupported dtype, a bool other than 0 or
    ///   1, or of a file that was changed since it was opened.
    public func tensor(named name: String) throws(SafetensorsError) -> Tensor {
        guard let entry = entry(named: name) else {
            throw .missing(path: path, name: name, hint: Nearest.hint(for: name, among: entries.map(\.name)))
        }
        guard let dtype = entry.dtype else {
            let supported = "one of F32, F16, BF16, I32, I64, BOOL"
            throw .dtype(path: path, name: name, expected: supported, found: entry.dtypeName)
        }
        return try read(entry, as: dtype)
    }

    /// Reads the bytes of a tensor as elements of a dtype of the same width. O(bytes).
    func read(_ entry: Entry, as dtype: DType) throws(SafetensorsError) -> Tensor {
        let name = entry.name
        do {
            var tensor = try Tensor(zeros: entry.shape, dtype: dtype)
            try tensor.withMutableBytes { bytes throws(FileError) in
                try file.read(at: dataOffset + entry.begin, into: &bytes)
            }
            try file.checkUnchanged()
            if case .bool(let values) = tensor.storage, let odd = values.firstIndex(where: { $0 > 1 }) {
                throw SafetensorsError.tensor(
                    path: path, name: name, reason: "element \(odd) is \(values[odd]), expected a bool, 0 or 1")
            }
            return tensor
        } catch let error as SafetensorsError {
            throw error
        } catch let error as FileError {
            throw .file(error)
        } catch {
            throw .tensor(path: path, name: name, reason: "\(error)")
        }
    }

    /// The tensor as a constant: a large one is read each time its elements are needed. O(bytes) for a small one.
    ///
    /// - Throws: ``SafetensorsError`` as ``tensor(named:)``; a bool of a large tensor is checked when it is read.
    package func constant(named name: String) throws -> ConstantTensor {
        guard let entry = entry(named: name), let dtype = entry.dtype else { return .held(try tensor(named: name)) }
        return try ConstantTensor(ofFile: name, dtype, entry.shape) { try self.tensor(named: name) }
    }

    /// Reads a tensor that must have this shape (and dtype, if given). O(bytes).
    ///
    /// - Throws: ``SafetensorsError`` as ``tensor(named:)``, and for another shape or dtype.
    public func tensor(
        named name: String, dtype: DType? = nil, shape: [Int]
    ) throws(SafetensorsError) -> Tensor {
        if let entry = entry(named: name) {
            guard entry.shape == shape else {
                throw .shape(path: path, name: name, expected: shape, found: entry.shape)
            }
            if let dtype, entry.dtype != dtype {
                throw .dtype(path: path, name: name, expected: dtype.rawValue, found: entry.dtypeName)
            }
        }
        return try tensor(named: name)
    }
}
