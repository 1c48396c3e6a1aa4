package import SIMDKernelTypes

extension BFloat16Kernels {
    /// What these kernels compute otherwise than float32 multiply-adds on widened numbers; nil if nothing. Small products
    /// with ordinary, subnormal, huge and infinite numbers and NaN, in the forms that products and attention use; about a
    /// tenth of a millisecond.
    package func fault(beside table: KernelTable) -> String? {
        var random = CheckNumbers()
        for shape in [(m: 1, n: 40, k: 67), (m: 13, n: 64, k: 34), (m: 31, n: 5, k: 1100)] {
            let sides = (random.numbers(shape.m * shape.k), random.numbers(shape.k * shape.n))
            if let fault = productFault(shape.m, shape.n, shape.k, sides.0, sides.1, table) { return fault }
        }
        var (left, right) = (random.numbers(14 * 66), random.numbers(66 * 64))
        // Rows and a column of numbers whose products need subnormal operands or sums, or have none.
        for index in 0..<66 {
            left[2 * 66 + index] = UInt16(index % 100)
            left[5 * 66 + index] = 0x2000 | UInt16(index % 50)
            right[index * 64 + 40] = 0x1F00 | UInt16(index % 50)
            right[index * 64 + 3] = 0x7E00 | UInt16(index % 50)
        }
        (left[7 * 66 + 9], left[8 * 66 + 10], left[9 * 66 + 11]) = (0x7F80, 0xFF80, 0x7FC0)
        if let fault = productFault(14, 64, 66, left, right, table) { return fault }
        return scoreFault(left, right, table)
    }

    /// A product as of `linear`.
    private func productFault(
        _ m: Int, _ n: Int, _ k: Int, _ a: [UInt16], _ b: [UInt16], _ table: KernelTable
    ) -> String? {
        var found = [UInt16](repeating: 0, count: m * n)
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                found.withUnsafeMutableBufferPointer { c in
                    guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
                    let product = BFloat16Product(
                        m: m, n: n, k: k, a: NarrowMatrix(a, rowStride: k), b: .plain(NarrowMatrix(b, rowStride: n)),
                        c: c)
                    table.multiply(product, self) { count, _, body in body(0..<count) }
                }
            }
        }
        let (left, right) = (table.widened(a), table.widened(b))
        for row in 0..<m {
            for column in 0..<n {
                let expected = CheckedSum(k) { (left[row * k + $0], right[$0 * n + column]) }
                let number = table.widened([found[row * n + column]])[0]
                if !expected.accepts(number, rounding: 0x1p-8) {
                    return "a product of \(m) × \(k) and \(k) × \(n) has \(number) where \(expected.value) is right"
                }
            }
        }
        return nil
    }

    /// Scores as of attention: rows one after the other, a scale, and a second block added.
    private func scoreFault(_ a: [UInt16], _ b: [UInt16], _ table: KernelTable) -> String? {
        let (k, n, scale) = (66, 64, Float(0.125))
        var packed = [UInt16](repeating: 0, count: 2 * BFloat16Kernels.panelSize(k: k))
        var found = [Float](repeating: 0, count: n)
        let (left, right) = (table.widened(a), table.widened(b))
        for row in [0, 2, 13] {
            for (kernel, name) in [(block, "block"), (wideBlock, "float32 block")] where name != "block" || row != 2 {
                a.withUnsafeBufferPointer { a in
                    b.withUnsafeBufferPointer { b in
                        guard let a = a.baseAddress, let b = b.baseAddress else { return }
                        for panel in 0..<2 {
                            pack(k, 32, b + panel * 32, n, 1, &packed[panel * BFloat16Kernels.panelSize(k: k)])
                        }
                        kernel(
                            1, 2, k, scale, a + row * k, k, packed, BFloat16Kernels.panelSize(k: k), &found, n, false)
                        kernel(1, 2, k, scale, a + row * k, k, packed, BFloat16Kernels.panelSize(k: k), &found, n, true)
                    }
                }
                for column in 0..<n where name != "block" || column != 40 {
                    let expected = CheckedSum(k) { (left[row * k + $0] * 2 * scale, right[$0 * n + column]) }
                    if !expected.accepts(found[column], rounding: 0x1p-22) {
                        return "the \(name) has \(found[column]) where \(expected.value) is right"
                    }
                }
            }
        }
        return nil
    }
}

extension KernelTable {
    fileprivate func widened(_ numbers: [UInt16]) -> [Float] {
        var wide = [Float](repeating: 0, count: numbers.count)
        bfloat16.widen(numbers, &wide, numbers.count)
        return wide
    }
}

/// A sum of products in double precision, and what float32 may make of it.
private struct CheckedSum {
    var value = 0.0
    private var magnitude = 0.0
    private let count: Int

    init(_ count: Int, _ term: (Int) -> (Float, Float)) {
        self.count = count
        for index in 0..<count {
            let (left, right) = term(index)
            value += Double(left) * Double(right)
            let size = (Double(left) * Double(right)).magnitude
            if size.isFinite { magnitude += size }
        }
    }

    func accepts(_ number: Float, rounding: Double) -> Bool {
        // Sums that may overflow are not judged.
        if magnitude > 0x1p126 { return true }
        if !value.isFinite { return value.isNaN ? number.isNaN : Double(number) == value }
        let bound = Double(count + 1) * 0x1p-24 * magnitude + rounding * value.magnitude + Double(count) * 0x1p-149
        return (Double(number) - value).magnitude <= bound + (rounding > 0x1p-10 ? 0x1p-134 : 0)
    }
}

/// Numbers of both signs with magnitudes from 2⁻⁸ to 2⁸, by a linear congruential generator.
private struct CheckNumbers {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    mutating func numbers(_ count: Int) -> [UInt16] {
        (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let bits = UInt16(truncatingIfNeeded: state >> 40)
            return (bits & 0x807F) | ((119 + (bits >> 8) % 16) << 7)
        }
    }
}
