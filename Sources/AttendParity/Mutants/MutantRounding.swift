import AttendRuntime

/// A wrong rounding of numbers.
enum MutantRounding: Sendable, CustomStringConvertible {
    /// Through a narrower type.
    case narrowed(MutantType)
    /// Special numbers as others.
    case special(MutantSpecial)
    /// Magnitudes limited.
    case limited(Float)
    /// Off by the share 2⁻ᵏ in a part of the range.
    case inexact(exponent: Int, MutantBand)

    var description: String {
        switch self {
        case .narrowed(let type): "held as \(type.rawValue)"
        case .special(let special): "with \(special.rawValue)"
        case .limited(let limit): "limited to ±\(limit)"
        case .inexact(let exponent, let band): "off by 1/\(1 << exponent) \(band.rawValue)"
        }
    }

    /// The rounded tensor; nil for a dtype without the mistake.
    func rounded(_ tensor: Tensor) -> Tensor? {
        switch (self, tensor.dtype) {
        case (.narrowed(let type), .float32): return type.holdsIntegers ? nil : tensor.mappingFloats(type.float)
        case (.narrowed(let type), .int64), (.narrowed(let type), .int32):
            return type.holdsIntegers ? tensor.mappingIntegers(type.integer) : nil
        case (.special(let special), let dtype) where dtype.isFloatingPoint:
            return tensor.mappingFloats(special.replaced)
        case (.limited(let limit), let dtype) where dtype.isFloatingPoint:
            return tensor.mappingFloats { $0.isNaN ? $0 : min(max($0, -limit), limit) }
        case (.inexact(let exponent, let band), .float32):
            let factor = 1 + Float(sign: .plus, exponent: -exponent, significand: 1)
            return tensor.mappingFloats { band.contains($0) ? $0 * factor : $0 }
        case (.narrowed, _), (.special, _), (.limited, _), (.inexact, _): return nil
        }
    }
}

/// The types through which mutants round.
enum MutantType: String, CaseIterable, Sendable {
    case bfloat16, float16, int16, int32, uint32, float32, float64

    /// Whether it is for integers; the others are for float32.
    var holdsIntegers: Bool { [.int16, .int32, .uint32, .float32, .float64].contains(self) }

    func float(_ value: Float) -> Float {
        switch self {
        case .bfloat16: NarrowFloat.float(bfloat16: NarrowFloat.bfloat16(value))
        case .float16: NarrowFloat.float(float16: NarrowFloat.float16(value))
        case .int16, .int32, .uint32, .float32, .float64: value
        }
    }

    func integer(_ value: Int64) -> Int64 {
        switch self {
        case .int16: Int64(Int16(truncatingIfNeeded: value))
        case .int32: Int64(Int32(truncatingIfNeeded: value))
        case .uint32: Int64(UInt32(truncatingIfNeeded: value))
        case .float32: Int64(exactly: Float(value).rounded()) ?? .max
        case .float64: Int64(exactly: Double(value).rounded()) ?? .max
        case .bfloat16, .float16: value
        }
    }
}

/// Special numbers that mutants take for others.
enum MutantSpecial: String, CaseIterable, Sendable {
    case nanAsZero = "0 for NaN"
    case infinityAsLargest = "the largest number for infinity"
    case infinityAsNaN = "NaN for infinity"
    case denormalAsZero = "0 for denormals"

    func replaced(_ value: Float) -> Float {
        switch self {
        case .nanAsZero: value.isNaN ? 0 : value
        case .infinityAsLargest:
            value.isInfinite ? (value < 0 ? -.greatestFiniteMagnitude : .greatestFiniteMagnitude) : value
        case .infinityAsNaN: value.isInfinite ? .nan : value
        case .denormalAsZero: value.isSubnormal ? 0 : value
        }
    }
}

/// A part of the range of floats.
enum MutantBand: String, CaseIterable, Sendable {
    case all = "everywhere"
    case small = "below 1"
    case large = "above 1"
    case larger = "above 8"
    case negative = "below 0"

    func contains(_ value: Float) -> Bool {
        switch self {
        case .all: true
        case .small: value.magnitude < 1
        case .large: value.magnitude > 1
        case .larger: value.magnitude > 8
        case .negative: value < 0
        }
    }
}
