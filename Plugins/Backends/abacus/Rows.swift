import AttendBackend
import AttendPlugin

/// The sum or the largest along some axes. The view brings each row's elements together, one row after another.
@Sendable func rows(_ request: KernelRequest) -> (any Kernel)? {
    guard let primitive = request.operation.primitive, [.reduceSum, .reduceMax].contains(primitive),
        let (inputs, output) = request.operands([.float32], result: [.float32])
    else { return nil }
    let dense = Layout(dense: inputs[0].shape)
    let all = Array(dense.shape.indices)
    let axes = Set((request.attributes.optionalIntegers("axes") ?? all).map { $0 < 0 ? $0 + all.count : $0 })
    let count = axes.reduce(1) { $0 * dense.shape[$1] }
    let places = dense.transposed(all.filter { !axes.contains($0) } + axes.sorted()).elementOffsets
    return request.kernel { values in
        (0..<output.elementCount).map { index in
            let row = places[index * count..<(index + 1) * count].map { values[0][$0] }
            if primitive == .reduceSum { return row.reduce(0, +) }
            return row.reduce(-.infinity) { $0.isNaN || $0 > $1 ? $0 : $1 }
        }
    }
}
