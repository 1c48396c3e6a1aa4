public import AttendRuntime

/// A search for weights that are NaN or infinite, or that a model's type can't hold.
public struct WeightCheck: Sendable {
    /// A tensor with elements that are not finite.
    public struct Finding: Sendable, Hashable {
        /// The tensor's file.
        public var path: String
        /// The tensor's name in the file.
        public var name: String
        /// Number of elements that are NaN.
        public var nanCount: Int
        /// Number of infinite elements.
        public var infiniteCount: Int
        /// Number of finite elements beyond the range of the type.
        public var overflowCount: Int
        /// Indices of the first such element, by axis.
        public var first: [Int]
    }

    /// The floating-point type that the weights are checked for.
    public let dtype: DType
    /// The tensors with elements that are not finite, in their file or in the type, file by file.
    public private(set) var findings: [Finding] = []
    /// Number of tensors that were read.
    public private(set) var checkedCount = 0
    /// Tensors of types that are not read, as `NAME (TYPE)`.
    public private(set) var omitted: [String] = []

    /// Reads all floating-point tensors of the files, one at a time. O(bytes).
    ///
    /// - Parameters:
    ///   - dtype: The floating-point type that a model computes in.
    ///   - progress: Called before each tensor with the number of bytes done and of all bytes.
    /// - Throws: ``AttendGraph/SafetensorsError`` for a tensor that can't be read.
    public init(
        _ files: [SafetensorsFile], dtype: DType = .float32,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(SafetensorsError) {
        self.dtype = dtype
        let limit = Float(dtype.overflow)
        let total = files.reduce(0) { $0 + $1.entries.reduce(0) { $0 + $1.byteCount } }
        var done = 0
        for file in files {
            for entry in file.entries {
                progress(done, total)
                done += entry.byteCount
                // The words of quantized matrices are integers, which are all finite.
                guard entry.dtypeName != SafetensorsFile.wordsName else { continue }
                guard entry.dtype != nil || entry.dtypeName == "F64" else {
                    omitted.append("\(entry.name) (\(entry.dtypeName))")
                    continue
                }
                checkedCount += 1
                guard entry.dtype?.isFloatingPoint ?? true else { continue }
                let tensor = try file.floats(named: entry.name, shape: entry.shape)
                // Infinity is beyond every limit, and a NaN below none.
                guard case .float32(let values) = tensor.storage,
                    let first = values.firstIndex(where: { !($0.magnitude < limit) })
                else { continue }
                findings.append(
                    Finding(
                        path: file.path, name: entry.name, nanCount: values.count { $0.isNaN },
                        infiniteCount: values.count { $0.isInfinite },
                        overflowCount: values.count { $0.isFinite && $0.magnitude >= limit },
                        first: tensor.indices(of: first)))
            }
        }
    }
}

extension Tensor {
    /// The first element that is NaN or infinite; nil if all are finite, and for integers and bools.
    var firstNotFinite: (value: Float, indices: [Int])? {
        guard let values = try? floats(), let place = values.firstIndex(where: { !$0.isFinite }) else { return nil }
        return (values[place], indices(of: place))
    }
}
