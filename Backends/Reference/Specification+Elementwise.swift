import AttendCore

/// For each element of `shape`, which element of each operand meets it: NumPy's broadcasting.
struct BroadcastIndices {
    private let shape: [Int]
    private let strides: [[Int]]

    init(_ shape: [Int], _ operands: [[Int]]) {
        self.shape = shape
        strides = operands.map { Layout(dense: $0).broadcast(to: shape).strides }
    }

    /// Calls `body` with the operands' positions, in the output's row-major order.
    func visit(_ body: ([Int]) -> Void) {
        let count = shape.reduce(1, *)
        var index = Array(repeating: 0, count: shape.count)
        var positions = Array(repeating: 0, count: strides.count)
        for _ in 0..<count {
            body(positions)
            // Count up like an odometer.
            for axis in shape.indices.reversed() {
                index[axis] += 1
                for operand in positions.indices { positions[operand] += strides[operand][axis] }
                if index[axis] < shape[axis] { break }
                for operand in positions.indices { positions[operand] -= strides[operand][axis] * shape[axis] }
                index[axis] = 0
            }
        }
    }
}

extension Specification {
    private func combine<Element, Result>(
        _ left: [Element], _ right: [Element], _ body: (Element, Element) -> Result
    ) -> [Result] {
        if shape(0) == shape(1) { return zip(left, right).map(body) }
        var results: [Result] = []
        results.reserveCapacity(output.elementCount)
        BroadcastIndices(output.shape, [shape(0), shape(1)]).visit { positions in
            results.append(body(left[positions[0]], right[positions[1]]))
        }
        return results
    }

    func arithmetic(_ operands: [Elements<Scalar>]) -> Elements<Scalar> {
        switch (operands[0], operands[1]) {
        case (.floating(let left), .floating(let right)): return .floating(combine(left, right, floatArithmetic))
        case (.integer(let left), .integer(let right)):
            let narrow = output.dtype == .int32
            return .integer(
                combine(left, right) { a, b in
                    let result = integerArithmetic(a, b)
                    return narrow ? Int64(Int32(truncatingIfNeeded: result)) : result
                })
        default: mismatch()
        }
    }

    private func floatArithmetic(_ a: Scalar, _ b: Scalar) -> Scalar {
        switch primitive {
        case .add: a + b
        case .subtract: a - b
        case .multiply: a * b
        case .divide: a / b
        // NaN on either side stays NaN.
        case .minimum: a.isNaN || a < b ? a : b
        case .maximum: a.isNaN || b < a ? a : b
        case .power: a.raised(to: b)
        default: mismatch()
        }
    }

    /// Wraps on overflow; division truncates toward zero, and by zero gives 0.
    private func integerArithmetic(_ a: Int64, _ b: Int64) -> Int64 {
        switch primitive {
        case .add: a &+ b
        case .subtract: a &- b
        case .multiply: a &* b
        case .divide: b == 0 ? 0 : b == -1 ? 0 &- a : a / b
        case .minimum: min(a, b)
        case .maximum: max(a, b)
        default: mismatch()
        }
    }

    func comparison(_ operands: [Elements<Scalar>]) -> Elements<Scalar> {
        switch (operands[0], operands[1]) {
        case (.floating(let left), .floating(let right)):
            return .bool(combine(left, right) { a, b in compare(a, b, equal: a == b, less: a < b, greater: b < a) })
        case (.integer(let left), .integer(let right)):
            return .bool(combine(left, right) { a, b in compare(a, b, equal: a == b, less: a < b, greater: a > b) })
        case (.bool(let left), .bool(let right)): return .bool(combine(left, right) { $0 == $1 })
        default: mismatch()
        }
    }

    /// A NaN is neither equal, less nor greater.
    private func compare<Element>(_ a: Element, _ b: Element, equal: Bool, less: Bool, greater: Bool) -> Bool {
        switch primitive {
        case .equal: equal
        case .less: less
        case .lessEqual: less || equal
        case .greater: greater
        case .greaterEqual: greater || equal
        default: mismatch()
        }
    }

    func logic(_ operands: [Elements<Scalar>]) -> Elements<Scalar> {
        guard case .bool(let left) = operands[0], case .bool(let right) = operands[1] else { mismatch() }
        return .bool(combine(left, right) { primitive == .and ? $0 && $1 : $0 || $1 })
    }

    func choice(_ operands: [Elements<Scalar>]) -> Elements<Scalar> {
        guard case .bool(let condition) = operands[0] else { mismatch() }
        func choose<Element>(_ left: [Element], _ right: [Element]) -> [Element] {
            var results: [Element] = []
            results.reserveCapacity(output.elementCount)
            BroadcastIndices(output.shape, [shape(0), shape(1), shape(2)]).visit { positions in
                results.append(condition[positions[0]] ? left[positions[1]] : right[positions[2]])
            }
            return results
        }
        switch (operands[1], operands[2]) {
        case (.floating(let left), .floating(let right)): return .floating(choose(left, right))
        case (.integer(let left), .integer(let right)): return .integer(choose(left, right))
        case (.bool(let left), .bool(let right)): return .bool(choose(left, right))
        default: mismatch()
        }
    }

    func unary(_ operand: Elements<Scalar>) -> Elements<Scalar> {
        switch operand {
        case .bool(let values): return .bool(values.map { !$0 })
        case .integer(let values):
            let narrow = output.dtype == .int32
            return .integer(
                values.map { value in
                    let result: Int64 =
                        switch primitive {
                        case .negate: 0 &- value
                        case .abs: value < 0 ? 0 &- value : value
                        case .sign: value.signum()
                        default: mismatch()
                        }
                    return narrow ? Int64(Int32(truncatingIfNeeded: result)) : result
                })
        case .floating(let values):
            let function = floatFunction()
            return .floating(values.map(function))
        }
    }

    private func floatFunction() -> (Scalar) -> Scalar {
        let (zero, one) = (Scalar(0 as Float), Scalar(1 as Float))
        switch primitive {
        case .negate: return { -$0 }
        case .abs: return { $0 < zero || ($0 == zero && one / $0 < zero) ? -$0 : $0 }
        // NaN and both zeros stay what they are.
        case .sign: return { $0 < zero ? -one : zero < $0 ? one : $0 }
        case .floor: return { $0.applying(.floor) }
        case .exp: return { $0.applying(.exp) }
        case .log: return { $0.applying(.log) }
        case .sqrt: return { $0.applying(.sqrt) }
        case .reciprocalSqrt: return { one / $0.applying(.sqrt) }
        case .reciprocal: return { one / $0 }
        case .tanh: return { $0.applying(.tanh) }
        case .erf: return { $0.applying(.erf) }
        case .sin: return { $0.applying(.sin) }
        case .cos: return { $0.applying(.cos) }
        default: mismatch()
        }
    }

    func cast(_ operand: Elements<Scalar>) -> Elements<Scalar> {
        let target = output.dtype
        let zero = Scalar(0 as Float)
        switch operand {
        case .floating(let values):
            switch target {
            case .float32, .float16, .bfloat16: return operand
            case .int32: return .integer(values.map { Int64(Int32(truncatingSaturating: $0.double)) })
            case .int64: return .integer(values.map { Int64(truncatingSaturating: $0.double) })
            case .bool: return .bool(values.map { !($0 == zero) })
            }
        case .integer(let values):
            switch target {
            case .float32, .float16, .bfloat16: return .floating(values.map { Scalar($0) })
            case .int32: return .integer(values.map { Int64(Int32(clamping: $0)) })
            case .int64: return operand
            case .bool: return .bool(values.map { $0 != 0 })
            }
        case .bool(let values):
            switch target {
            case .float32, .float16, .bfloat16: return .floating(values.map { Scalar($0 ? 1 : 0 as Float) })
            case .int32, .int64: return .integer(values.map { $0 ? 1 : 0 })
            case .bool: return operand
            }
        }
    }
}
