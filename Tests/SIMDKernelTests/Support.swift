import Foundation
import SIMDKernelTypes
import SIMDKernels
import Testing

/// The table for `set`; ends the test, visibly, where this machine cannot run it.
func kernels(_ set: InstructionSet) throws -> KernelTable {
    guard let table = KernelTable.table(for: set) else {
        try Test.cancel("this processor or operating system does not run \(set.rawValue) code")
    }
    return table
}

/// Lengths around the vector widths 4, 8 and 16 and their unrolled multiples.
let lengths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000]

/// Values in (−1, 1)·scale that are never 0, always the same for a seed (SplitMix64).
struct Values {
    var state: UInt64

    init(_ seed: UInt64 = 1) { state = seed &* 0x9e37_79b9_7f4a_7c15 }

    mutating func bits() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func next(_ scale: Float = 1) -> Float {
        let value = Float(Double(Int64(bitPattern: bits())) / 9.3e18) * scale
        return value == 0 ? scale / 2 : value
    }

    mutating func array(_ count: Int, _ scale: Float = 1) -> [Float] { (0..<count).map { _ in next(scale) } }
}

/// The distance between `value` and the exact `expected`, in units of the last place of `expected` as a float32. Equal
/// infinities and two NaNs are 0 apart; anything else that is not finite on one side only is infinitely far.
func ulps(_ value: Float, _ expected: Double) -> Double {
    if expected.isNaN || value.isNaN { return expected.isNaN && value.isNaN ? 0 : .infinity }
    let rounded = Float(expected)
    if value == rounded { return 0 }
    if value.isInfinite || rounded.isInfinite {
        // Rounding to infinity begins half a step above the largest float: one step is allowed on either side of that.
        return abs(value) >= .greatestFiniteMagnitude && abs(rounded) >= .greatestFiniteMagnitude
            && value.sign == rounded.sign ? 1 : .infinity
    }
    return abs(Double(value) - expected) / Double(max(abs(rounded).ulp, .leastNonzeroMagnitude))
}

/// Floats over the whole range of exponents, both signs, and the special values.
func floatsEverywhere() -> [Float] {
    var values: [Float] = [
        0, -0.0, 1, -1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
        .leastNormalMagnitude, .leastNormalMagnitude.nextDown, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
        88.72283, 88.72284, 88.8, 89, 90, -87.3, -87.4, -100, -103.2, -103.9, -103.97, -103.98, -104, -104.1, -105, -150
    ]
    var pattern: UInt32 = 1
    while pattern < 0x7f80_0000 {
        values.append(Float(bitPattern: pattern))
        values.append(-Float(bitPattern: pattern))
        pattern += 99_991
    }
    // Densely where the functions bend.
    for i in 1...40_000 {
        values.append(Float(i) * 0.000_253)
        values.append(Float(i) * -0.000_253)
        values.append(Float(i) * 0.002_61)
        values.append(Float(i) * -0.002_61)
    }
    return values
}

func run(_ kernel: UnaryKernel, _ x: [Float]) -> [Float] {
    var y = [Float](repeating: 7, count: x.count + 1)
    y.withUnsafeMutableBufferPointer { y in
        x.withUnsafeBufferPointer { x in
            guard let source = x.baseAddress, let target = y.baseAddress else { return }
            kernel(source, target, x.count)
        }
    }
    #expect(y.last == 7, "wrote past the end")
    return Array(y.dropLast())
}
