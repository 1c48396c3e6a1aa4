import AttendRuntime
import Foundation
import TestSupport

/// The backend of this name. A test that calls this for one that may be missing has the trait `.backend(name)`.
func backend(_ name: String, threads: Int? = nil) throws -> any ComputeBackend {
    try Backends.make(name, threads: threads)
}

/// A generator that gives the same numbers for the same seed everywhere (SplitMix64, Steele et al. 2014).
struct SeededNumbers {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func uniform(_ range: ClosedRange<Float>) -> Float {
        let unit = Float(next() >> 40) * 0x1p-24
        return range.lowerBound + (range.upperBound - range.lowerBound) * unit
    }

    mutating func tensor(_ shape: [Int], _ range: ClosedRange<Float> = -2...2) -> Tensor {
        let values = (0..<shape.reduce(1, *)).map { _ in uniform(range) }
        return make { () throws(TensorError) in try Tensor(values, shape: shape) }
    }

    mutating func integers(_ shape: [Int], _ range: Range<Int>, dtype: DType = .int64) -> Tensor {
        let values = (0..<shape.reduce(1, *)).map { _ in range.lowerBound + Int(next() % UInt64(range.count)) }
        return make { () throws(TensorError) in
            dtype == .int32
                ? try Tensor(values.map { Int32($0) }, shape: shape)
                : try Tensor(values.map { Int64($0) }, shape: shape)
        }
    }

    mutating func bools(_ shape: [Int]) -> Tensor {
        let values = (0..<shape.reduce(1, *)).map { _ in next() % 3 != 0 }
        return make { () throws(TensorError) in try Tensor(values, shape: shape) }
    }

    private func make(_ body: () throws(TensorError) -> Tensor) -> Tensor {
        do { return try body() } catch { preconditionFailure("\(error)") }
    }
}

/// Reads the goldens' descriptions, whose keys are written_like_this.
var snakeCase: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
}
