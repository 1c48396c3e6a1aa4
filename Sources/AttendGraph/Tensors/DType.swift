/// The element types of tensors.
///
/// `float16` and `bfloat16` are storage types: arithmetic on them accumulates in at least
/// float32 and rounds to nearest even when a value is stored.
public enum DType: String, CaseIterable, Sendable, Hashable {
    /// `bool` is stored as one byte, 0 or 1.
    case float32, float16, bfloat16, int32, int64, bool

    /// Bytes per element, in host memory and in files.
    public var byteCount: Int {
        switch self {
        case .int64: 8
        case .float32, .int32: 4
        case .float16, .bfloat16: 2
        case .bool: 1
        }
    }

    /// Whether this is `float32`, `float16` or `bfloat16`.
    public var isFloatingPoint: Bool {
        switch self {
        case .float32, .float16, .bfloat16: true
        case .int32, .int64, .bool: false
        }
    }

    /// Whether this is `int32` or `int64`; `bool` is not.
    public var isInteger: Bool { self == .int32 || self == .int64 }
}

extension DType: CustomStringConvertible {
    /// The name in graph files, such as `float32`.
    public var description: String { rawValue }
}
