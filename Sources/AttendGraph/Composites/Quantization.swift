/// Affine quantization in groups: `bits`-bit integers q of a row share a scale and an offset for each `group` of them,
/// `w = scale · q + offset`.
///
/// The layout is that of MLX (`mlx.core.quantize`): row-major words of 32 bits, each of `32 / bits` integers, the first in
/// the lowest bits. There is no unsigned dtype: words are the same bits as int32.
package enum Quantization {
    /// The numbers of bits of an integer.
    package static let bitCounts = [4, 8]
    /// The numbers of integers that share a scale.
    package static let groupSizes = [32, 64, 128]

    static let attributes: [OperationSchema.Attribute] = [.init("bits", .integer), .init("group", .integer)]

    /// Checks attributes, dtypes and shapes of a quantized matrix.
    static func check(_ call: CompositeCall) throws(GraphError) {
        let (bits, group) = (call.attributes.integer("bits"), call.attributes.integer("group"))
        try call.require(bitCounts.contains(bits), "attribute \"bits\": expected 4 or 8, found \(bits)")
        try call.require(groupSizes.contains(group), "attribute \"group\": expected 32, 64 or 128, found \(group)")
        let (weight, scales, offsets) = (call["weight"], call["scales"], call["offsets"])
        try call.require(
            weight.dtype == .int32 && weight.rank == 2,
            "weight must be int32 [out, in · \(bits) / 32], found \(weight.dtype)\(weight.shape)")
        try call.requireFloat(scales, "scales")
        try call.require(
            offsets.dtype == scales.dtype,
            "offsets must have the dtype of scales, \(scales.dtype), found \(offsets.dtype) (cast one)")
        let (width, stored) = try call.sizes { () throws(SizeError) in
            (try weight.shape[1].multiplied(by: Size(32 / bits)), try scales.shape.last?.multiplied(by: Size(group)))
        }
        for (name, value) in [("scales", scales), ("offsets", offsets)] {
            let agrees =
                value.rank == 2 && ShapeRules.agreement(value.shape[0], weight.shape[0]) != .different
                && stored.map { ShapeRules.agreement($0, width) != .different } == true
                && value.shape == scales.shape
            try call.require(
                agrees,
                "\(name) must be [out, in / \(group)] of a weight [\(weight.shape[0]), \(width)], found \(value.shape)")
        }
    }
}

/// The float matrix `[rows, in]` of a quantized one: weight int32 `[rows, in · bits / 32]`, scales and offsets `[rows, in /
/// group]`.
///
/// Integers are unpacked by division: words as int64, moved to 0 … 2³² − 1, divided by powers of two.
struct Dequantize: CompositeOperation {
    let schema = OperationSchema(
        .dequantize, inputs: [.init("weight"), .init("scales"), .init("offsets")],
        attributes: Quantization.attributes)

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        try Quantization.check(call)
        if let widened = try call.inFloat32() { return widened }
        let (bits, group) = (call.attributes.integer("bits"), call.attributes.integer("group"))
        let (weight, scales, offsets) = (call["weight"], call["scales"], call["offsets"])
        let (rows, words) = (weight.shape[0], weight.shape[1])
        let count = 32 / bits
        let signed = try weight.cast(to: .int64)
        let zero = try call.graph.scalar(0, dtype: .int64)
        let unsigned = try signed.less(zero).where(signed + 0x1p32, signed).reshaped([rows, words, 1])
        let shifted = try unsigned / call.graph.constant(Dequantize.places(bits))
        let integers = try shifted - (shifted / Double(1 << bits)) * Double(1 << bits)
        let groups = scales.shape[1]
        let grouped = try integers.cast(to: .float32).reshaped([rows, groups, Size(group)])
        let weights = try grouped * scales.reshaped([rows, groups, 1]) + offsets.reshaped([rows, groups, 1])
        let width = try call.sizes { () throws(SizeError) in try words.multiplied(by: Size(count)) }
        return ["output": try weights.reshaped([rows, width])]
    }

    /// 2⁰, 2^bits, …: int64 `[32 / bits]`.
    private static func places(_ bits: Int) -> Tensor {
        let places = stride(from: Int64(0), to: 32, by: bits).map { Int64(1) << $0 }
        do throws(TensorError) {
            return try Tensor(places, shape: [places.count])
        } catch {
            preconditionFailure("a vector has its own shape: \(error)")
        }
    }
}

/// `input · weightᵀ + bias` with a quantized weight: input `[..., in]`, weight int32 `[out, in · bits / 32]`, scales and
/// offsets `[out, in / group]`, bias `[out]`, output `[..., out]`.
struct QuantizedLinear: CompositeOperation {
    let schema = OperationSchema(
        .quantizedLinear,
        inputs: [
            .init("input"), .init("weight"), .init("scales"), .init("offsets"), .init("bias", optional: true)
        ],
        attributes: Quantization.attributes)
    var facts: OperationFacts {
        var facts = OperationFacts(
            work: .product,
            weights: [
                "weight": .projection, "scales": .projection, "offsets": .projection, "bias": .projection
            ], isWhole: true)
        facts.flops = { QuantizedLinearCall($0)?.flops ?? 0 }
        return facts
    }

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        try Quantization.check(call)
        try call.requireFloat(call["input"])
        try call.requireSameType(["scales", "offsets", "bias"], as: call["input"])
        if let widened = try call.inFloat32() { return widened }
        let (weight, scales) = (call["weight"], call["scales"])
        let matrix = try call.graph.apply(
            OperationID.dequantize.name, inputs: ["weight": weight, "scales": scales, "offsets": call["offsets"]],
            attributes: call.attributes)[0]
        return ["output": try call["input"].linear(weight: matrix, bias: call.optional("bias"))]
    }
}

/// Rows of a quantized table: indices of any shape, weight int32 `[rows, width · bits / 32]`, scales and offsets `[rows,
/// width / group]`, output `[indices..., width]`.
struct QuantizedEmbedding: CompositeOperation {
    let schema = OperationSchema(
        .quantizedEmbedding, inputs: [.init("indices"), .init("weight"), .init("scales"), .init("offsets")],
        attributes: Quantization.attributes)
    let facts = OperationFacts(weights: ["weight": .table, "scales": .table, "offsets": .table])

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        try Quantization.check(call)
        let indices = call["indices"]
        try call.require(indices.dtype.isInteger, "indices must be integers, found \(indices.dtype)")
        // The rows as those of one matrix.
        let flat = try indices.reshaped([-1])
        var rows: [String: Value] = [:]
        for name in ["weight", "scales", "offsets"] { rows[name] = try call[name].embedding(flat) }
        let matrix = try call.graph.apply(
            OperationID.dequantize.name, inputs: rows, attributes: call.attributes)[0]
        return ["output": try matrix.reshaped(indices.shape + [matrix.shape[1]])]
    }
}

/// A quantized matrix `[rows, columns]` in a graph.
public struct QuantizedMatrix {
    /// int32 `[rows, columns · bits / 32]`: words of `32 / bits` integers, the first in the lowest bits.
    public var weight: Value
    /// `[rows, columns / group]`.
    public var scales: Value
    /// `[rows, columns / group]`; MLX calls them biases.
    public var offsets: Value
    /// 4 or 8.
    public var bits: Int
    /// 32, 64 or 128: the number of columns that share a scale and an offset.
    public var group: Int

    /// A matrix of these parts; operations check their shapes.
    public init(weight: Value, scales: Value, offsets: Value, bits: Int, group: Int) {
        (self.weight, self.scales, self.offsets, self.bits, self.group) = (weight, scales, offsets, bits, group)
    }

    private var parts: [String: Value] { ["weight": weight, "scales": scales, "offsets": offsets] }
    private var attributes: Attributes { ["bits": .integer(bits), "group": .integer(group)] }

    /// The float matrix `[rows, columns]`, in the dtype of the scales.
    ///
    /// - Throws: ``GraphError`` for parts that don't agree.
    public func dequantized(named name: String? = nil) throws(GraphError) -> Value {
        try weight.graph.apply(OperationID.dequantize.name, inputs: parts, attributes: attributes, named: name)[0]
    }

    /// `input · matrixᵀ + bias`: input `[..., columns]`, bias `[rows]`, output `[..., rows]`.
    ///
    /// - Throws: ``GraphError`` for shapes that don't agree, or dtypes that differ.
    public func linear(_ input: Value, bias: Value? = nil, named name: String? = nil) throws(GraphError) -> Value {
        try input.applying(
            .quantizedLinear, parts.merging(["bias": bias].compactMapValues { $0 }) { $1 }, attributes: attributes,
            named: name)
    }

    /// The rows at `indices`: output `[indices..., columns]`.
    ///
    /// - Parameter indices: Integers; negative ones count from the end. Indices out of range are errors of the run.
    /// - Throws: ``GraphError`` for parts that don't agree, or indices that are not integers.
    public func embedding(_ indices: Value, named name: String? = nil) throws(GraphError) -> Value {
        try indices.applying(.quantizedEmbedding, parts, attributes: attributes, as: "indices", named: name)
    }
}

extension OperationID {
    /// `dequantize.v1`: the float matrix of a quantized one; see ``QuantizedMatrix``.
    public static let dequantize = OperationID("dequantize")
    /// `quantized_linear.v1`: a product with a quantized matrix; see ``QuantizedMatrix/linear(_:bias:named:)``.
    public static let quantizedLinear = OperationID("quantized_linear")
    /// `quantized_embedding.v1`: rows of a quantized table; see ``QuantizedMatrix/embedding(_:named:)``.
    public static let quantizedEmbedding = OperationID("quantized_embedding")
}
