/// The placement of a value's elements in its buffer: shape, strides and offset, in elements.
public struct Layout: Sendable, Hashable {
    /// Sizes by axis; `[]` for a scalar.
    public let shape: [Int]
    /// Elements from one index to the next, by axis; 0 repeats, negative runs backwards.
    public let strides: [Int]
    /// Elements from the value's start in the buffer to its first element.
    public let offset: Int

    /// A layout of these properties; traps unless there is one stride per axis.
    public init(shape: [Int], strides: [Int], offset: Int = 0) {
        precondition(shape.count == strides.count, "one stride for each size")
        self.shape = shape
        self.strides = strides
        self.offset = offset
    }

    /// A row-major layout without gaps.
    public init(dense shape: [Int]) {
        self.init(shape: shape, strides: Layout.denseStrides(of: shape))
    }

    /// The strides of a row-major layout without gaps. O(rank).
    public static func denseStrides(of shape: [Int]) -> [Int] {
        var strides = Array(repeating: 1, count: shape.count)
        for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
        return strides
    }

    /// The number of elements: the product of the sizes. O(rank).
    public var elementCount: Int { shape.reduce(1, *) }

    /// Whether the elements are contiguous and row-major from the value's start. The stride of an axis of size 1 is
    /// ignored, and an empty value is dense. O(rank).
    public var isDense: Bool {
        guard elementCount > 0 else { return true }
        guard offset == 0 else { return false }
        return zip(zip(shape, strides), Layout.denseStrides(of: shape)).allSatisfy { $0.0.0 == 1 || $0.0.1 == $0.1 }
    }

    /// The offset of each element from the value's start, in elements, in row-major order. O(elementCount).
    public var elementOffsets: [Int] {
        zip(shape, strides).reduce([offset]) { starts, axis in
            starts.flatMap { start in (0..<axis.0).map { start + $0 * axis.1 } }
        }
    }

    /// Elements in memory from the value's start through its last one; 0 for an empty value.
    package var reach: Int {
        guard elementCount > 0 else { return 0 }
        return zip(shape, strides).reduce(offset) { $0 + ($1.0 - 1) * max(0, $1.1) } + 1
    }

    // MARK: Views

    /// The axes permuted: axis i of the result is axis `permutation[i]`, which must name each axis once. O(rank).
    public func transposed(_ permutation: [Int]) -> Layout {
        Layout(shape: permutation.map { shape[$0] }, strides: permutation.map { strides[$0] }, offset: offset)
    }

    /// The layout broadcast to `target` with stride 0, by repeating axes of size 1 and adding leading ones. The shape
    /// must broadcast to `target`. O(rank).
    public func broadcast(to target: [Int]) -> Layout {
        let missing = target.count - shape.count
        let strides = target.indices.map { axis in
            axis < missing || (shape[axis - missing] == 1 && target[axis] != 1) ? 0 : self.strides[axis - missing]
        }
        return Layout(shape: target, strides: strides, offset: offset)
    }

    /// The layout of a slice, with one range per axis. O(rank).
    public func sliced(_ ranges: [SliceRange]) -> Layout {
        var offset = offset
        for (axis, range) in ranges.enumerated() where range.count > 0 { offset += range.start * strides[axis] }
        return Layout(
            shape: ranges.map(\.count), strides: zip(strides, ranges).map { $0 &* $1.step }, offset: offset)
    }

    /// The same elements in the same order with another shape of equal element count, or nil if that needs a copy.
    /// O(rank).
    public func reshaped(to target: [Int]) -> Layout? {
        if isDense {
            return Layout(
                shape: target, strides: Layout.denseStrides(of: target), offset: elementCount > 0 ? offset : 0)
        }
        // Axes of size 1 are skipped; the others are split and merged group by group.
        let axes = shape.indices.filter { shape[$0] != 1 }
        var strides: [Int] = []
        var axis = axes.startIndex
        var index = target.startIndex
        while index < target.endIndex {
            if target[index] == 1 {
                strides.append(0)
                index += 1
                continue
            }
            guard axis < axes.endIndex else { return nil }
            var (have, want) = (shape[axes[axis]], target[index])
            let firstIndex = index
            while have != want {
                if have < want {
                    axis += 1
                    guard axis < axes.endIndex,
                        self.strides[axes[axis - 1]] == self.strides[axes[axis]] * shape[axes[axis]]
                    else { return nil }
                    have *= shape[axes[axis]]
                } else {
                    index += 1
                    guard index < target.endIndex else { return nil }
                    want *= target[index]
                }
            }
            var stride = self.strides[axes[axis]]
            var group: [Int] = []
            for position in (firstIndex...index).reversed() {
                group.append(stride)
                stride *= target[position]
            }
            strides += group.reversed()
            axis += 1
            index += 1
        }
        return Layout(shape: target, strides: strides, offset: offset)
    }
}
