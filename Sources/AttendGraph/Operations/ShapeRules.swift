/// The relation of two sizes before their symbols are bound.
enum SizeAgreement {
    case equal, different
    /// Undecided until the symbols are bound, and checked again then.
    case open
}

/// Rules for combining shapes, all on symbolic sizes: conditions that can't be decided before the symbols are bound are
/// accepted here, and decided by the same code over numbers when the graph is planned.
enum ShapeRules {
    static func agreement(_ left: Size, _ right: Size) -> SizeAgreement {
        if left == right { return .equal }
        if left.constant != nil, right.constant != nil { return .different }
        if let difference = try? left.subtracting(right), difference.constant != nil { return .different }
        return .open
    }

    /// NumPy's broadcasting: aligned at the last axis, a size 1 stretches.
    static func broadcast(_ left: [Size], _ right: [Size]) throws(OperationError) -> [Size] {
        let rank = max(left.count, right.count)
        var shape: [Size] = []
        for axis in 0..<rank {
            let leftAxis = axis - (rank - left.count)
            let rightAxis = axis - (rank - right.count)
            let leftSize = leftAxis < 0 ? 1 : left[leftAxis]
            let rightSize = rightAxis < 0 ? 1 : right[rightAxis]
            shape.append(try broadcast(leftSize, rightSize, left, right))
        }
        return shape
    }

    private static func broadcast(
        _ left: Size, _ right: Size, _ leftShape: [Size], _ rightShape: [Size]
    ) throws(OperationError) -> Size {
        if left == 1 { return right }
        if right == 1 { return left }
        switch agreement(left, right) {
        case .equal: return left
        case .different:
            throw OperationError(
                "shapes \(leftShape) and \(rightShape) can't be broadcast together: \(left) against \(right)")
        case .open:
            // A number above 1 is the result; the symbol must then equal it or be 1.
            if right.constant != nil { return right }
            if left.constant != nil { return left }
            throw OperationError(
                "shapes \(leftShape) and \(rightShape): can't prove that \(left) and \(right) are equal; "
                    + "use one symbol for both"
            )
        }
    }

    /// The axis counted from the front; a negative one counts from the end.
    static func axis(_ axis: Int, rank: Int) throws(OperationError) -> Int {
        let resolved = axis.fromFront(of: rank)
        guard resolved >= 0, resolved < rank else {
            throw OperationError("axis \(axis) is out of range for a value with \(rank) dimensions")
        }
        return resolved
    }

    /// Sorted axes; nil means all of them.
    static func axes(_ axes: [Int]?, rank: Int) throws(OperationError) -> [Int] {
        guard let axes else { return Array(0..<rank) }
        var resolved: [Int] = []
        for axis in axes {
            let axis = try self.axis(axis, rank: rank)
            guard !resolved.contains(axis) else { throw OperationError("duplicate axis \(axis)") }
            resolved.append(axis)
        }
        return resolved.sorted()
    }

    static func product(_ sizes: [Size]) throws(OperationError) -> Size {
        do {
            var product: Size = 1
            for size in sizes { product = try product.multiplied(by: size) }
            return product
        } catch {
            throw OperationError("\(error)")
        }
    }

    static func reduced(_ shape: [Size], axes: [Int], keepDimensions: Bool) -> [Size] {
        var result: [Size] = []
        for (axis, size) in shape.enumerated() {
            if !axes.contains(axis) { result.append(size) } else if keepDimensions { result.append(1) }
        }
        return result
    }

    /// The shape of a reshape, whose `target` may hold one -1.
    static func reshaped(_ shape: [Size], to target: [Size]) throws(OperationError) -> [Size] {
        let count = try product(shape)
        let unknown = target.indices.filter { target[$0] == -1 }
        guard unknown.count <= 1 else { throw OperationError("a shape may hold -1 once, found \(target)") }
        var result = target
        if let index = unknown.first {
            var known = target
            known.remove(at: index)
            let rest = try product(known)
            if rest == 0 { throw OperationError("\(target): -1 is ambiguous with a size of 0") }
            do {
                result[index] = try count.divided(by: rest)
            } catch {
                throw OperationError("shape \(shape) can't be reshaped to \(target): \(error)")
            }
        }
        for size in result where size.constant.map({ $0 < 0 }) ?? false {
            throw OperationError("\(target) holds a negative size")
        }
        if agreement(count, try product(result)) == .different {
            throw OperationError("shape \(shape) can't be reshaped to \(target): the number of elements differs")
        }
        return result
    }
}

/// One axis of a slice, in numbers: `count` elements from `start`, `step` apart.
public struct SliceRange: Sendable, Hashable {
    /// First index; meaningless if ``count`` is 0.
    public var start: Int
    /// Distance of indices; negative runs backwards.
    public var step: Int
    /// The number of elements.
    public var count: Int

    /// A range by NumPy's rules: negative bounds count from the end, and out-of-range bounds are clamped. `step` must
    /// not be 0.
    public init(size: Int, start: Int, end: Int, step: Int) {
        let from = start < 0 ? start &+ size : start
        let to = end < 0 ? end &+ size : end
        if step > 0 {
            self.start = min(max(from, 0), size)
            let stop = min(max(to, 0), size)
            count = stop > self.start ? (stop - self.start - 1) / step + 1 : 0
        } else {
            self.start = min(max(from, -1), size - 1)
            let stop = min(max(to, -1), size - 1)
            // Written so that no step, however large, can overflow.
            count = self.start > stop ? (self.start - stop - 1) / Int(clamping: step.magnitude) + 1 : 0
        }
        self.step = step
    }

    /// The ranges of a `slice` on every axis of an input of this shape; the attributes must be verified and free of
    /// symbols.
    public static func ranges(of shape: [Int], attributes: Attributes) -> [SliceRange] {
        var ranges = shape.map { SliceRange(size: $0, start: 0, end: $0, step: 1) }
        let axes = attributes.integers("axes")
        let starts = attributes.concreteSizes("starts")
        let ends = attributes.concreteSizes("ends")
        let steps = attributes.optionalIntegers("steps") ?? axes.map { _ in 1 }
        for (index, axis) in axes.enumerated() {
            let axis = axis.fromFront(of: shape.count)
            ranges[axis] = SliceRange(
                size: shape[axis], start: starts[index], end: ends[index], step: steps[index])
        }
        return ranges
    }
}

extension Int {
    /// An axis counted from the front, of a verified operation on a value of `rank` dimensions.
    package func fromFront(of rank: Int) -> Int { self < 0 ? self + rank : self }
}
