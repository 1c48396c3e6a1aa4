import AttendRuntime

/// A wrong conversion of a float32 number to a 16-bit type; the result is given as the number that the type holds.
enum NarrowRounding: Sendable {
    /// The bits beyond the type cut off.
    case truncated
    /// A number midway between two goes to the larger magnitude, not to the even one.
    case halfAway
    /// Rounded to float16 first; for bfloat16.
    case throughFloat16
    /// Numbers below the type's smallest normal one become 0.
    case flushed
    /// The largest number instead of infinity.
    case saturated

    func callAsFunction(_ number: Float, _ dtype: DType) -> Float {
        let nearest = number.stored(as: dtype)
        guard number.isFinite, number != 0 else { return nearest }
        let largest: Float = dtype == .float16 ? 65504 : 0x1.FEp127
        let isRoundedUp = nearest.magnitude > number.magnitude
        let below = isRoundedUp ? nearest.nextNarrow(-1, dtype) : nearest
        switch self {
        case .truncated: return below
        case .halfAway:
            let above = below.nextNarrow(1, dtype)
            let isMidway =
                above.isFinite
                && Double(above.magnitude) - Double(number.magnitude)
                    == Double(number.magnitude) - Double(below.magnitude)
            return isMidway ? above : nearest
        case .throughFloat16:
            // Within float16's normal numbers, where nothing but the rounding differs.
            guard dtype == .bfloat16, (0x1p-14..<65504).contains(number.magnitude) else { return nearest }
            return number.stored(as: .float16).stored(as: .bfloat16)
        case .flushed:
            return nearest.magnitude < (dtype == .float16 ? 0x1p-14 : 0x1p-126) ? nearest * 0 : nearest
        case .saturated: return nearest.isInfinite ? (number < 0 ? -largest : largest) : nearest
        }
    }
}

extension Float {
    /// The number rounded to a dtype.
    func stored(as dtype: DType) -> Float {
        switch dtype {
        case .float16: NarrowFloat.float(float16: NarrowFloat.float16(self))
        case .bfloat16: NarrowFloat.float(bfloat16: NarrowFloat.bfloat16(self))
        case .float32, .int32, .int64, .bool: self
        }
    }

    /// The neighbor of a number of a 16-bit type that many steps away from 0.
    fileprivate func nextNarrow(_ steps: Int, _ dtype: DType) -> Float {
        if dtype == .float16 {
            return NarrowFloat.float(float16: NarrowFloat.float16(self) &+ UInt16(truncatingIfNeeded: steps))
        }
        return NarrowFloat.float(bfloat16: NarrowFloat.bfloat16(self) &+ UInt16(truncatingIfNeeded: steps))
    }

    /// What a reader of bfloat16 makes of the bits of this number of float16.
    var float16ReadAsBFloat16: Float { NarrowFloat.float(bfloat16: NarrowFloat.float16(self)) }
}

extension KernelRequest {
    /// The result's type if it has 16 bits.
    var narrowResult: DType? {
        guard let dtype = outputs[0]?.dtype, dtype == .float16 || dtype == .bfloat16 else { return nil }
        return dtype
    }
    var givesNarrow: Bool { narrowResult != nil }
    var givesBFloat16: Bool { narrowResult == .bfloat16 }
    var rounds: Bool { givesNarrow && inputs[0]?.dtype == .float32 }
    var widensFloat16: Bool { givesFloat32 && inputs[0]?.dtype == .float16 }
    var widensBFloat16: Bool { givesFloat32 && inputs[0]?.dtype == .bfloat16 }
    var convertsNarrow: Bool { rounds || widensFloat16 || widensBFloat16 }
    var convertsBFloat16: Bool { rounds && givesBFloat16 || widensBFloat16 }
}

extension FaultyCall {
    /// The first result with 0 at the end of each row; nil for rows of an even number of elements.
    func withoutOddEnds() -> Tensor? {
        guard let width = outputShape.last, width % 2 == 1, let right = outputs[0], var values = try? right.floats()
        else { return nil }
        for place in values.indices where (place + 1) % width == 0 { values[place] = 0 }
        return Tensor(floats: values, dtype: right.dtype, shape: right.shape)
    }

    /// The first result before it is rounded to its type: that of the same operation on operands widened to float32.
    func wideResult() -> [Float]? {
        let request = self.request
        if request.operation.primitive == .cast { return inputs[0].flatMap { try? $0.floats() } }
        let results = evaluated(inputs, giving: .float32) { builder, values throws(GraphError) in
            var wide: [Value?] = []
            for value in values {
                guard let value, value.dtype.isFloatingPoint else {
                    wide.append(value)
                    continue
                }
                wide.append(try value.cast(to: .float32))
            }
            return [try OneNodeGraph.apply(request, request.attributes, builder, wide)[0]]
        }
        return results[0].flatMap { try? $0.floats() }
    }

    /// Replaces one element by what another rounding makes of the same float32 number.
    mutating func round(_ mistaken: NarrowRounding) { takeElement { mistaken($0, $1) } }

    /// Replaces one element by another number of its type, computed from the float32 result.
    private mutating func takeElement(_ mistaken: (Float, DType) -> Float) {
        guard let dtype = request.narrowResult, let wide = wideResult() else { return }
        search(count: wide.count) { place in
            let (right, wrong) = (wide[place].stored(as: dtype), mistaken(wide[place], dtype))
            guard Differences.isMaterial(right, wrong, right.magnitude) else { return nil }
            return { $0.set(place..<place + 1, to: [wrong]) }
        }
    }

    /// An input with other numbers.
    func input(_ index: Int, _ change: ([Float], DType) -> [Float]) -> Tensor? {
        guard let tensor = inputs[index], let values = try? tensor.floats() else { return nil }
        return Tensor(floats: change(values, tensor.dtype), dtype: tensor.dtype, shape: tensor.shape)
    }
}
