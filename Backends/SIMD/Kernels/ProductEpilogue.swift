package import SIMDKernelTypes

/// `c = activation(c + bias)` on a block that was just computed and is still in the cache.
func epilogue(
    _ m: Int, _ n: Int, _ c: UnsafeMutablePointer<Float>, _ cStride: Int,
    _ bias: UnsafePointer<Float>?, _ activation: Int32
) {
    for i in 0..<m {
        let row = c + i * cStride
        if let bias {
            switch Activation(rawValue: activation) {
            case .relu: zip(row, bias, row, n) { reluLanes($0 + $1) }
            case .geluErf: zip(row, bias, row, n) { geluErfLanes($0 + $1) }
            case .geluTanh: zip(row, bias, row, n) { geluTanhLanes($0 + $1) }
            case .silu: zip(row, bias, row, n) { siluLanes($0 + $1) }
            case .tanh: zip(row, bias, row, n) { tanhLanes($0 + $1) }
            case .some(.none), nil: zip(row, bias, row, n) { $0 + $1 }
            }
        } else {
            switch Activation(rawValue: activation) {
            case .relu: map(row, row, n) { reluLanes($0) }
            case .geluErf: map(row, row, n) { geluErfLanes($0) }
            case .geluTanh: map(row, row, n) { geluTanhLanes($0) }
            case .silu: map(row, row, n) { siluLanes($0) }
            case .tanh: map(row, row, n) { tanhLanes($0) }
            case .some(.none), nil: break
            }
        }
    }
}
