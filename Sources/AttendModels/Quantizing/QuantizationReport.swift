/// What quantizing a model changed.
public struct QuantizationReport: Sendable {
    /// The error of one matrix.
    public struct Matrix: Sendable, Hashable {
        /// The tensor's name.
        public var name: String
        /// `[out, in]`.
        public var shape: [Int]
        /// The largest |w − ŵ|.
        public var worst: Double
        /// The mean of |w − ŵ|.
        public var mean: Double
    }

    /// The matrices' form.
    public let form: QuantizedForm
    /// The matrices in the order of the files.
    public private(set) var matrices: [Matrix] = []
    /// Bytes of all tensors before.
    public var byteCountBefore = 0
    /// Bytes of all tensors after.
    public var byteCountAfter = 0
    /// Files of weights in other formats that were not copied.
    public let leftOut: [String]

    init(form: QuantizedForm, leftOut: [String]) { (self.form, self.leftOut) = (form, leftOut) }

    mutating func add(_ name: String, _ result: MatrixQuantizer.Result, _ shape: [Int]) {
        let count = max(1, shape.product)
        matrices.append(Matrix(name: name, shape: shape, worst: result.worst, mean: result.total / Double(count)))
    }
}
