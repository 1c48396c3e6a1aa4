import AttendBackend

/// The elements of one value, row-major. All floating-point dtypes are stored as the scalar.
enum Elements<Scalar: ReferenceScalar>: Sendable {
    case floating([Scalar])
    case int32([Int32])
    case int64([Int64])
    case bool([Bool])

    var count: Int {
        switch self {
        case .floating(let values): values.count
        case .int32(let values): values.count
        case .int64(let values): values.count
        case .bool(let values): values.count
        }
    }

    /// Whether values of `dtype` are stored in this case.
    func holds(_ dtype: DType) -> Bool {
        switch self {
        case .floating: dtype.isFloatingPoint
        case .int32: dtype == .int32
        case .int64: dtype == .int64
        case .bool: dtype == .bool
        }
    }

    /// A description for errors.
    var kind: String {
        switch self {
        case .floating: "floating-point numbers"
        case .int32: "int32"
        case .int64: "int64"
        case .bool: "bool"
        }
    }

    static func byteCount(of dtype: DType) -> Int {
        dtype.isFloatingPoint ? MemoryLayout<Scalar>.stride : dtype.byteCount
    }

    /// No elements.
    init(emptyOf dtype: DType) {
        switch dtype {
        case .float32, .float16, .bfloat16: self = .floating([])
        case .int32: self = .int32([])
        case .int64: self = .int64([])
        case .bool: self = .bool([])
        }
    }

    /// Integers as `dtype` (int32 or int64), wrapping.
    init(wrapping integers: [Int64], dtype: DType) {
        self = dtype == .int32 ? .int32(integers.map { Int32(truncatingIfNeeded: $0) }) : .int64(integers)
    }

    /// `count` copies of a number, converted as in ``AttendGraph/Tensor/init(scalar:dtype:)``.
    init(repeating number: Double, count: Int, dtype: DType) {
        switch dtype {
        case .float32: self = .floating(Array(repeating: Scalar(number), count: count))
        case .float16, .bfloat16:
            self = .floating(Array(repeating: Scalar(NarrowFloat.nearest(number, dtype)), count: count))
        case .int32: self = .int32(Array(repeating: Int32(truncatingSaturating: number), count: count))
        case .int64: self = .int64(Array(repeating: Int64(truncatingSaturating: number), count: count))
        case .bool: self = .bool(Array(repeating: number != 0, count: count))
        }
    }
}

// MARK: Joining

extension Elements {
    /// Concatenates block by block: each block takes the next share of every part in turn.
    init(joining parts: [Elements], blocks: Int, dtype: DType) {
        switch dtype {
        case .float32, .float16, .bfloat16:
            self = .floating(
                Self.joined(parts.map { if case .floating(let values) = $0 { values } else { [] } }, blocks))
        case .int32:
            self = .int32(Self.joined(parts.map { if case .int32(let values) = $0 { values } else { [] } }, blocks))
        case .int64:
            self = .int64(Self.joined(parts.map { if case .int64(let values) = $0 { values } else { [] } }, blocks))
        case .bool:
            self = .bool(Self.joined(parts.map { if case .bool(let values) = $0 { values } else { [] } }, blocks))
        }
    }

    /// O(elements + parts).
    private static func joined<Element>(_ parts: [[Element]], _ blocks: Int) -> [Element] {
        let parts = parts.filter { !$0.isEmpty }
        var joined: [Element] = []
        joined.reserveCapacity(parts.reduce(0) { $0 + $1.count })
        guard !parts.isEmpty else { return joined }
        for block in 0..<blocks {
            for part in parts {
                let length = part.count / blocks
                joined += part[block * length..<(block + 1) * length]
            }
        }
        return joined
    }
}

// MARK: Moving

extension Elements {
    subscript(range: Range<Int>) -> Elements {
        switch self {
        case .floating(let values): .floating(Array(values[range]))
        case .int32(let values): .int32(Array(values[range]))
        case .int64(let values): .int64(Array(values[range]))
        case .bool(let values): .bool(Array(values[range]))
        }
    }

    /// The elements at `offsets`, in that order.
    func taking(_ offsets: [Int]) -> Elements {
        switch self {
        case .floating(let values): .floating(offsets.map { values[$0] })
        case .int32(let values): .int32(offsets.map { values[$0] })
        case .int64(let values): .int64(offsets.map { values[$0] })
        case .bool(let values): .bool(offsets.map { values[$0] })
        }
    }

    /// Writes `source`, of the same kind, to the elements at `offsets`.
    mutating func replace(_ offsets: [Int], with source: Elements) {
        // Each array is moved out and back, so that it is uniquely referenced while written.
        switch (self, source) {
        case (.floating(var values), .floating(let source)):
            self = .floating([])
            Self.replace(&values, offsets, source)
            self = .floating(values)
        case (.int32(var values), .int32(let source)):
            self = .int32([])
            Self.replace(&values, offsets, source)
            self = .int32(values)
        case (.int64(var values), .int64(let source)):
            self = .int64([])
            Self.replace(&values, offsets, source)
            self = .int64(values)
        case (.bool(var values), .bool(let source)):
            self = .bool([])
            Self.replace(&values, offsets, source)
            self = .bool(values)
        default: preconditionFailure("\(source.kind) can't be written into \(kind)")
        }
    }

    private static func replace<Element>(_ values: inout [Element], _ offsets: [Int], _ source: [Element]) {
        for (offset, element) in zip(offsets, source) { values[offset] = element }
    }

    /// The elements of `layout`, in its row-major order.
    func read(through layout: Layout) -> Elements {
        layout.isDense && layout.elementCount == count ? self : taking(layout.offsets)
    }
}

extension Layout {
    /// Memory offsets of the elements, in row-major order.
    var offsets: [Int] {
        guard elementCount > 0 else { return [] }
        var offsets = [offset]
        for (size, stride) in zip(shape, strides) where size != 1 {
            var next: [Int] = []
            next.reserveCapacity(offsets.count * size)
            for start in offsets {
                for index in 0..<size { next.append(start + index * stride) }
            }
            offsets = next
        }
        return offsets
    }
}
