import SIMDKernelTypes
import SIMDKernels
import SIMDThreads
import Testing

/// Native products of bfloat16; without the instruction these tests end at once, as `Instruction sets` shows.
@Suite struct `Products of bfloat16` {
    private static func native() throws -> (table: KernelTable, kernels: BFloat16Kernels) {
        let table = try kernels(.avx512bf16)
        #expect(table.fault == nil)
        return (table, try #require(table.nativeBFloat16))
    }

    private static func float(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

    /// Numbers with magnitudes around 1, and here and there one of `others`.
    private static func numbers(_ count: Int, _ values: inout Values, others: [UInt16] = []) -> [UInt16] {
        (0..<count).map { _ in
            let bits = values.bits()
            if !others.isEmpty, bits % 97 == 0 { return others[Int(bits >> 32) % others.count] }
            return UInt16(truncatingIfNeeded: bits >> 16) & 0x80FF | UInt16(120 + bits % 8) << 7
        }
    }

    private static func product(
        _ m: Int, _ n: Int, _ k: Int, _ a: [UInt16], _ b: [UInt16], isTransposed: Bool = false, isPacked: Bool = false,
        pool: ThreadPool? = nil
    ) throws -> [UInt16] {
        let (table, kernels) = try native()
        var c = [UInt16](repeating: 0x1234, count: m * n + 1)
        let parallelFor: ParallelFor = { count, grain, body in
            if let pool { pool.parallelFor(count: count, grain: grain, body: body) } else { body(0..<count) }
        }
        var packed = [UInt16](repeating: 0xFFFF, count: PairPanels.byteCount(k: k, n: n) / 2 + 1)
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                packed.withUnsafeMutableBufferPointer { packed in
                    c.withUnsafeMutableBufferPointer { c in
                        guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress,
                            let packed = packed.baseAddress
                        else { return }
                        let right =
                            isTransposed
                            ? NarrowMatrix(b, rowStride: 1, columnStride: k) : NarrowMatrix(b, rowStride: n)
                        PairPanels.pack(k: k, n: n, right, into: packed, kernels, parallelFor: parallelFor)
                        table.multiply(
                            BFloat16Product(
                                m: m, n: n, k: k, a: NarrowMatrix(a, rowStride: k),
                                b: isPacked ? .packed(packed) : .plain(right), c: c), kernels, parallelFor: parallelFor)
                    }
                }
            }
        }
        #expect(c[m * n] == 0x1234)
        return Array(c.dropLast())
    }

    @Test func `every small shape is within its bound`() throws {
        var values = Values(3)
        for m in [1, 2, 3, 7, 12, 13, 25] {
            for n in [1, 15, 16, 17, 31, 32, 33, 70] {
                for k in [1, 2, 31, 32, 33, 66, 1030] {
                    let isTransposed = (m + n + k) % 2 == 0
                    let (a, b) = (Self.numbers(m * k, &values), Self.numbers(k * n, &values))
                    let found = try Self.product(m, n, k, a, b, isTransposed: isTransposed, isPacked: m % 2 == 0)
                    var worst = 0.0
                    for i in 0..<m {
                        for j in 0..<n {
                            var (sum, size) = (0.0, 0.0)
                            for p in 0..<k {
                                let right = Double(Self.float(b[isTransposed ? j * k + p : p * n + j]))
                                sum += Double(Self.float(a[i * k + p])) * right
                                size += abs(Double(Self.float(a[i * k + p])) * right)
                            }
                            let bound = Double(k) * 0x1p-24 * size + 0x1p-8 * abs(sum)
                            worst = max(worst, abs(Double(Self.float(found[i * n + j])) - sum) / max(bound, 1e-300))
                        }
                    }
                    #expect(worst <= 1, "\(m) × \(n) × \(k): \(worst) bounds")
                }
            }
        }
    }

    /// What `vdpbf16ps` takes for 0 or makes 0 goes another way.
    @Test(arguments: [UInt16(0x0001), 0x007F, 0x0080, 0x1000, 0x1F80, 0x2300])
    func `small numbers and small sums are kept`(small: UInt16) throws {
        let (m, n, k) = (14, 40, 70)
        var values = Values(5)
        let b = Self.numbers(k * n, &values).enumerated().map { index, bits in
            index % n == 35 ? small : index % n == 3 ? bits & 0x80FF | 0x7C00 : bits
        }
        var a = Self.numbers(m * k, &values)
        for index in 0..<k { a[5 * k + index] = small }
        let found = try Self.product(m, n, k, a, b)
        for row in 0..<m {
            for column in [3, 4, 35] {
                var (sum, size) = (0.0, 0.0)
                for p in 0..<k {
                    let term = Double(Self.float(a[row * k + p])) * Double(Self.float(b[p * n + column]))
                    sum += term
                    size += abs(term)
                }
                let bound = Double(k) * (0x1p-24 * size + 0x1p-149) + 0x1p-8 * abs(sum) + 0x1p-134
                let number = Double(Self.float(found[row * n + column]))
                #expect(abs(number - sum) <= bound, "[\(row), \(column)]: \(number), expected \(sum)")
            }
        }
    }

    /// No bit depends on the threads, on the other rows or on packing in advance.
    @Test func `a row is the same alone and among others`() throws {
        let (m, n, k) = (121, 77, 1500)
        var values = Values(7)
        let others: [UInt16] = [0x0001, 0x8040, 0x0F00, 0x7F80, 0x7FC0, 0x7F00, 0]
        let b = Self.numbers(k * n, &values)
        let a = (0..<m).flatMap { Self.numbers(k, &values, others: $0 % 3 == 0 ? others : []) }
        let all = try Self.product(m, n, k, a, b)
        #expect(try Self.product(m, n, k, a, b, isPacked: true, pool: ThreadPool(threadCount: 3)) == all)
        for (first, count) in [(0, 1), (5, 1), (6, 2), (30, 7), (60, 13), (20, 100)] {
            let some = try Self.product(count, n, k, Array(a[first * k..<(first + count) * k]), b)
            #expect(some == Array(all[first * n..<(first + count) * n]), "\(count) rows from \(first)")
        }
    }

    @Test func `a kernel that is wrong is found and not used`() throws {
        let (_, right) = try Self.native()
        let table = try kernels(.avx512)
        let wrong: [(String, BFloat16Kernels)] = [
            ("flushes subnormal numbers", Self.with(right) { $0.wideBlock = $0.block }),
            ("takes no number for small", Self.with(right) { $0.least = { _, _, _, _ in 200 } }),
            ("packs columns of an odd k wrongly", Self.with(right) { $0.pack = Self.withoutLast }),
            ("forgets the scale", Self.with(right) { $0.block = Self.unscaled }),
            ("forgets to add", Self.with(right) { $0.block = Self.alone })
        ]
        #expect(table.adding(right).fault == nil)
        #expect(table.adding(right).instructionSet == .avx512bf16)
        for (name, kernels) in wrong {
            let planted = table.adding(kernels)
            #expect(planted.fault?.hasPrefix("BF16 kernels off: ") == true, "\(name)")
            #expect(planted.nativeBFloat16 == nil, "\(name)")
            #expect(planted.instructionSet == .avx512)
        }
    }

    private static func with(_ kernels: BFloat16Kernels, _ change: (inout BFloat16Kernels) -> Void) -> BFloat16Kernels {
        var kernels = kernels
        change(&kernels)
        return kernels
    }

    private static let withoutLast: PackPairsKernel = { k, n, b, rowStride, columnStride, packed in
        for p in 0..<(k - k % 2) {
            for column in 0..<n { packed[p / 2 * 64 + 2 * column + p % 2] = b[p * rowStride + column * columnStride] }
        }
    }

    private static let unscaled: PairBlockKernel = {
        m, panels, k, _, a, aStride, b, panelStride, c, cStride, accumulate in
        try? native().kernels.block(m, panels, k, 1, a, aStride, b, panelStride, c, cStride, accumulate)
    }

    private static let alone: PairBlockKernel = { m, panels, k, alpha, a, aStride, b, panelStride, c, cStride, _ in
        try? native().kernels.block(m, panels, k, alpha, a, aStride, b, panelStride, c, cStride, false)
    }
}
