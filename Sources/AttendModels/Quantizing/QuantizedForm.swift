import AttendRuntime

/// The form of a quantized matrix: affine, in groups along its rows; see `QuantizedMatrix` of the graph.
public struct QuantizedForm: Sendable, Hashable, CustomStringConvertible {
    /// Bits of an integer: 4 or 8.
    public let bits: Int
    /// Columns that share a scale and an offset: 32, 64 or 128.
    public let group: Int

    /// The numbers of bits.
    public static let bitCounts = Quantization.bitCounts
    /// The sizes of groups.
    public static let groupSizes = Quantization.groupSizes

    /// A form; nil for a number of bits or a group that does not exist.
    public init?(bits: Int, group: Int) {
        guard QuantizedForm.bitCounts.contains(bits), QuantizedForm.groupSizes.contains(group) else { return nil }
        (self.bits, self.group) = (bits, group)
    }

    /// Such as "4 bits in groups of 64".
    public var description: String { "\(bits) bits in groups of \(group)" }

    /// Words of 32 bits in a row of this width.
    func words(_ width: Int) -> Int { width * bits / 32 }
}
