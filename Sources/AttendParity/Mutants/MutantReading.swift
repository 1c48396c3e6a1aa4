import AttendRuntime

/// A wrong reading of an operand.
enum MutantReading: Sendable, CustomStringConvertible {
    case rounded(MutantRounding)
    /// Slices along an axis, counted from the end, are read as 0.
    case lost(axis: Int, MutantPlace)
    /// Slices along an axis are read from the one before.
    case neighbor(axis: Int, MutantPlace)
    /// All slices along an axis are read as the first.
    case first(axis: Int)
    /// Two axes of one size are exchanged.
    case exchanged(axis: Int, Int)
    /// A strided operand is read as if it were dense.
    case asDense

    var description: String {
        switch self {
        case .rounded(let rounding): "\(rounding)"
        case .lost(let axis, let place): "read as 0 along axis \(-axis - 1), \(place)"
        case .neighbor(let axis, let place): "read from the neighbor along axis \(-axis - 1), \(place)"
        case .first(let axis): "read as its first slice along axis \(-axis - 1)"
        case .exchanged(let axis, let other): "read with axes \(-axis - 1) and \(-other - 1) exchanged"
        case .asDense: "read as if it were dense"
        }
    }

    /// The operand as it is read; nil where the mistake can't be made.
    func read(_ tensor: Tensor, memory: Tensor?, _ layout: Layout?) -> Tensor? {
        switch self {
        case .rounded(let rounding): return rounding.rounded(tensor)
        case .lost(let axis, let place):
            guard let part = Slices(tensor.shape, fromEnd: axis) else { return nil }
            return tensor.replacing(where: { place.contains(part.index($0), of: part.count) }, by: tensor.zeros)
        case .neighbor(let axis, let place):
            guard let part = Slices(tensor.shape, fromEnd: axis), part.count > 1 else { return nil }
            let places = tensor.indices.map { element in
                let index = part.index(element)
                guard place.contains(index, of: part.count) else { return element }
                return index > 0 ? element - part.stride : element + part.stride
            }
            return tensor.taking(places, shape: tensor.shape)
        case .first(let axis):
            guard let part = Slices(tensor.shape, fromEnd: axis) else { return nil }
            return tensor.taking(
                tensor.indices.map { $0 - part.index($0) * part.stride }, shape: tensor.shape)
        case .exchanged(let axis, let other):
            let (rank, shape) = (tensor.shape.count, tensor.shape)
            guard axis < rank, other < rank, shape[rank - 1 - axis] == shape[rank - 1 - other] else { return nil }
            var permutation = Array(0..<rank)
            permutation.swapAt(rank - 1 - axis, rank - 1 - other)
            return tensor.taking(Layout(dense: shape).transposed(permutation).elementOffsets, shape: shape)
        case .asDense:
            guard let memory, let layout, !layout.isDense, memory.elementCount > 0 else { return nil }
            return memory.taking(tensor.indices.map { $0 % memory.elementCount }, shape: tensor.shape)
        }
    }

    /// The slices of a tensor along one axis.
    private struct Slices {
        let count: Int
        let stride: Int

        init?(_ shape: [Int], fromEnd axis: Int) {
            guard axis < shape.count, !shape.contains(0) else { return nil }
            count = shape[shape.count - 1 - axis]
            stride = shape.suffix(axis).reduce(1, *)
        }

        func index(_ element: Int) -> Int { element / stride % count }
    }
}

/// What stands in elements of a result that are not computed.
enum MutantFilling: Sendable, CustomStringConvertible {
    case unwritten, zero
    /// The element this far before, as of another lane or tile.
    case earlier(Int)
    /// Off by a small share.
    case inexact

    var description: String {
        switch self {
        case .unwritten: "not written"
        case .zero: "0"
        case .earlier(let distance): "the element \(distance) before"
        case .inexact: "off by 1/64 or by 1"
        }
    }

    func filled(_ tensor: Tensor, before: Tensor?) -> Tensor {
        switch self {
        case .unwritten: return before ?? tensor
        case .zero: return tensor.zeros
        case .earlier(let distance):
            return tensor.taking(tensor.indices.map { $0 >= distance ? $0 - distance : $0 }, shape: tensor.shape)
        case .inexact: return tensor.incremented
        }
    }
}
