import AttendRuntime
import Foundation

/// Faults of arithmetic, comparison, choice and functions.
enum BlindFaultsC1 {
    static let all: [any ListedFault] = [
        HostFault(
            "add-int64-without-carry", "the carry between the 32-bit halves of an int64 is lost", .element,
            of: ["add"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .int64 else { return }
            let lhs = call.integers(ofInput: 0)
            let rhs = call.integers(ofInput: 1)
            var wrong: [Int64] = []
            for place in 0..<right.elementCount {
                let a = lhs[call.place(place, ofInput: 0)]
                let b = rhs[call.place(place, ofInput: 1)]
                let low = UInt32(truncatingIfNeeded: a) &+ UInt32(truncatingIfNeeded: b)
                let high = (a >> 32) &+ (b >> 32)
                wrong.append((high << 32) | Int64(low))
            }
            call.takeAll(of: Tensor(integers64: wrong, dtype: .int64, shape: right.shape))
        },
        HostFault(
            "subtract-flushes-half-denormals", "float16 differences below 2^-14 become 0", .element, of: ["subtract"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .float16, let values = try? right.floats() else { return }
            let wrong = values.map { $0.magnitude < 0x1p-14 ? 0 : $0 }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "divide-huge-divisor-flushed", "the reciprocal of a divisor above 2^126 is flushed to 0", .element,
            of: ["divide"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .float32 || right.dtype == .bfloat16,
                var values = try? right.floats()
            else { return }
            let lhs = call.floats(ofInput: 0)
            let rhs = call.floats(ofInput: 1)
            for place in values.indices {
                let divisor = rhs[call.place(place, ofInput: 1)]
                guard divisor.isFinite, divisor.magnitude > 0x1p126 else { continue }
                values[place] = lhs[call.place(place, ofInput: 0)] * (divisor < 0 ? -0.0 : 0)
            }
            call.takeAll(of: Tensor(floats: values, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "power-odd-exponent-loses-sign", "odd powers of minus infinity and of -0 come out positive", .element,
            of: ["power"]
        ) { call in
            guard let right = call.outputs[0], var values = try? right.floats() else { return }
            let lhs = call.floats(ofInput: 0)
            let rhs = call.floats(ofInput: 1)
            for place in values.indices {
                let base = lhs[call.place(place, ofInput: 0)]
                let exponent = rhs[call.place(place, ofInput: 1)]
                guard base == -.infinity || (base == 0 && base.sign == .minus), exponent.isFinite,
                    exponent.truncatingRemainder(dividingBy: 2).magnitude == 1
                else { continue }
                values[place] = values[place].magnitude
            }
            call.takeAll(of: Tensor(floats: values, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "where-int64-in-32-bits", "chosen int64 elements are cut to their low 32 bits", .element, of: ["where"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .int64, let values = try? right.integers() else { return }
            let wrong = values.map { Int64(Int32(truncatingIfNeeded: $0)) }
            call.takeAll(of: Tensor(integers64: wrong, dtype: .int64, shape: right.shape))
        },
        HostFault(
            "or-broadcasts-by-modulo", "a smaller operand repeats as a whole, whichever axes it stretches along",
            .element, of: ["or"]
        ) { call in
            guard let right = call.outputs[0] else { return }
            let lhs = call.integers(ofInput: 0)
            let rhs = call.integers(ofInput: 1)
            guard !lhs.isEmpty, !rhs.isEmpty else { return }
            let wrong = (0..<right.elementCount).map { lhs[$0 % lhs.count] | rhs[$0 % rhs.count] }
            call.takeAll(of: Tensor(integers64: wrong, dtype: .bool, shape: right.shape))
        },
        HostFault(
            "not-last-word-unwritten", "bools that don't fill a word of four at the end are not written", .memory,
            of: ["not"]
        ) { call in
            guard let right = call.outputs[0], let before = call.before[0] else { return }
            let count = right.elementCount
            guard count % 4 != 0 else { return }
            call.replace(count - count % 4..<count, with: before, output: 0)
        },
        HostFault(
            "erf-small-arguments-cancel", "a formula of small absolute error is wrong for arguments near 0", .element,
            of: ["erf"]
        ) { call in
            guard let right = call.outputs[0], var values = try? right.floats() else { return }
            let input = call.floats(ofInput: 0)
            for (place, x) in input.enumerated() where place < values.count {
                let t = 1 / (1 + 0.3275911 * x.magnitude)
                let sum = (((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592
                let y = 1 - sum * t * exp(-x * x)
                values[place] = x < 0 ? -y : y
            }
            call.takeAll(of: Tensor(floats: values, dtype: right.dtype, shape: right.shape))
        }
    ]
}
