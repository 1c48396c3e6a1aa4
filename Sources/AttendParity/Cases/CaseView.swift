import AttendRuntime

/// The memory layout of an operand.
enum CaseView: String, CaseIterable, Sendable {
    case dense
    /// A weight of the graph, which may be packed.
    case constant
    /// A weight stored with its sizes in reverse order.
    case reshaped
    /// The last two axes swapped.
    case transposed
    /// Every second element of the last axis.
    case strided
    /// The last axis in reverse.
    case reversed
    /// All but the first rows of the first axis.
    case offset
    /// One element repeated along the last axis.
    case stretched

    /// The views that are possible for a shape.
    static func fitting(_ shape: [Int]) -> [CaseView] {
        switch shape.count {
        case 0: [.dense, .constant]
        case 1: allCases.filter { $0 != .transposed && $0 != .reshaped }
        default: allCases
        }
    }

    var isConstant: Bool { self == .constant || self == .reshaped }

    /// The shape of the stored value.
    func stored(_ shape: [Int]) -> [Int] {
        var stored = shape
        let last = shape.count - 1
        switch self {
        case .dense, .constant, .reversed: break
        case .reshaped: stored.reverse()
        case .transposed: stored.swapAt(last, last - 1)
        case .strided: stored[last] = 2 * shape[last] + 1
        case .offset: stored[0] += 2
        case .stretched: stored[last] = 1
        }
        return stored
    }

    /// The value of this shape that is seen of the stored one.
    func seen(_ source: Value, _ shape: [Int]) throws(GraphError) -> Value {
        let last = shape.count - 1
        switch self {
        case .dense, .constant: return source
        case .reshaped: return try source.reshaped(shape.map { Size($0) })
        case .transposed: return try source.transposed(Array(0..<last - 1) + [last, last - 1])
        case .strided: return try source.sliced(axis: last, from: 1, to: Size(2 * shape[last] + 1), step: 2)
        case .reversed: return try source.sliced(axis: last, from: -1, to: Size(-shape[last] - 1), step: -1)
        case .offset: return try source.sliced(axis: 0, from: 1, to: Size(shape[0] + 1))
        case .stretched: return try source.broadcast(shape.map { Size($0) })
        }
    }

    /// The stored tensor of which a given one is seen. What is not seen is one of its elements too, so that a wrong
    /// reading shows in values alone; not for stretched and reshaped operands.
    func storing(_ tensor: Tensor) -> Tensor {
        let (shape, last) = (tensor.shape, tensor.shape.count - 1)
        // Around an empty value the stored one may have elements.
        guard tensor.elementCount > 0 else {
            let stored = stored(shape)
            return CaseValues.tensor(Tensor.Storage(zeros: stored.reduce(1, *), dtype: tensor.dtype), stored)
        }
        switch self {
        case .dense, .constant, .stretched, .reshaped: return tensor
        case .transposed:
            let turned = Layout(dense: shape).transposed(Array(0..<last - 1) + [last, last - 1])
            return tensor.taking(turned.elementOffsets, shape: stored(shape))
        case .reversed:
            let width = shape[last]
            return tensor.taking(
                tensor.indices.map { $0 / width * width + width - 1 - $0 % width }, shape: shape)
        case .strided:
            let (width, wide) = (shape[last], 2 * shape[last] + 1)
            let places = (0..<tensor.elementCount / width * wide).map { place in
                let (row, column) = (place / wide, place % wide)
                return row * width + (column % 2 == 1 ? column / 2 : (column / 2 + 1) % width)
            }
            return tensor.taking(places, shape: stored(shape))
        case .offset:
            let width = tensor.elementCount / shape[0]
            let rows = [shape[0] - 1] + Array(0..<shape[0]) + [0]
            return tensor.taking(rows.flatMap { row in (0..<width).map { row * width + $0 } }, shape: stored(shape))
        }
    }
}
