import Foundation
import SIMDKernelTypes
import SIMDKernels
import SIMDThreads
import TestSupport
import Testing

@Suite struct `Matrix products` {
    enum Form: CaseIterable { case rows, columns, spread }

    /// A matrix with gaps between its rows (or columns, or both).
    struct Matrix {
        var storage: [Float]
        var rowStride: Int
        var columnStride: Int

        init(_ rows: Int, _ columns: Int, _ form: Form, _ values: inout Values) {
            switch form {
            case .rows: (rowStride, columnStride) = (columns + 5, 1)
            case .columns: (rowStride, columnStride) = (1, rows + 3)
            case .spread: (rowStride, columnStride) = (2 * columns + 1, 2)
            }
            storage = values.array(1 + rows * rowStride + columns * columnStride)
        }

        subscript(i: Int, j: Int) -> Double { Double(storage[i * rowStride + j * columnStride]) }
    }

    struct Options {
        var alpha: Float = 1
        var accumulate = false
        var bias = false
        var activation = Activation.none
        var packed = false
        var pool: ThreadPool?
    }

    private func activate(_ x: Double, _ activation: Activation) -> Double {
        switch activation {
        case .none: x
        case .relu: max(x, 0)
        case .geluErf: x / 2 * (1 + erf(x / 2.0.squareRoot()))
        case .geluTanh: x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        case .silu: x / (1 + exp(-x))
        case .tanh: tanh(x)
        }
    }

    private func check(
        _ table: KernelTable, _ m: Int, _ n: Int, _ k: Int, _ formA: Form, _ formB: Form, _ options: Options = Options()
    ) {
        var values = Values(UInt64(m * 7 + n * 3 + k))
        let a = Matrix(m, k, formA, &values)
        let b = Matrix(k, n, formB, &values)
        let bias = values.array(n + 1)
        let stride = n + 3
        let before = values.array(m * stride + 1)
        var c = before
        var packed = [Float](repeating: .nan, count: table.packedSize(k: k, n: n) + 1)
        a.storage.withUnsafeBufferPointer { a0 in
            b.storage.withUnsafeBufferPointer { b0 in
                guard let aBase = a0.baseAddress, let bBase = b0.baseAddress else { return }
                let right = MatrixOperand(bBase, rowStride: b.rowStride, columnStride: b.columnStride)
                if options.packed { table.pack(k: k, n: n, right, into: &packed) }
                packed.withUnsafeBufferPointer { packed in
                    bias.withUnsafeBufferPointer { bias in
                        c.withUnsafeMutableBufferPointer { c in
                            guard let c = c.baseAddress, let packed = packed.baseAddress else { return }
                            let product = MatrixProduct(
                                m: m, n: n, k: k, alpha: options.alpha,
                                a: MatrixOperand(aBase, rowStride: a.rowStride, columnStride: a.columnStride),
                                b: options.packed ? .packed(packed) : .plain(right),
                                c: c, cRowStride: stride, accumulate: options.accumulate,
                                bias: options.bias ? bias.baseAddress : nil, activation: options.activation)
                            if let pool = options.pool {
                                table.multiply(product, parallelFor: pool.parallelFor)
                            } else {
                                table.multiply(product)
                            }
                        }
                    }
                }
            }
        }
        let unit = 0x1p-24
        let gamma = Double(k + 3) * unit / (1 - Double(k + 3) * unit)
        var worst = 0.0
        for i in 0..<m {
            for j in 0..<n {
                var sum = 0.0
                var size = 0.0
                for p in 0..<k {
                    sum += a[i, p] * b[p, j]
                    size += abs(a[i, p] * b[p, j])
                }
                sum *= Double(options.alpha)
                size *= abs(Double(options.alpha))
                if options.accumulate { sum += Double(before[i * stride + j]) }
                if options.bias { sum += Double(bias[j]) }
                size += options.accumulate ? 1 : 0
                size += options.bias ? 1 : 0
                let exact = activate(sum, options.activation)
                // No activation is steeper than 1.13; its own error is at most 5 ulp of its argument.
                let slope = options.activation == .none ? 1 : 1.13
                let own = options.activation == .none ? 0 : 10 * unit * (abs(sum) + 1e-30)
                let bound = slope * gamma * size + own
                let error = abs(Double(c[i * stride + j]) - exact)
                if !(error <= bound) { worst = max(worst, error.isNaN ? .infinity : error / max(bound, 1e-300)) }
            }
            for j in n..<stride where c[i * stride + j] != before[i * stride + j] { worst = .infinity }
        }
        #expect(worst == 0, "\(m) × \(n) × \(k), \(formA) · \(formB), \(options): \(worst) bounds")
        #expect(c[m * stride] == before[m * stride])
    }

    @Test(arguments: InstructionSet.allCases, Form.allCases)
    func `every small shape is right`(_ set: InstructionSet, _ form: Form) throws {
        let table = try kernels(set)
        for m in [0, 1, 2, 3, 5, 6, 7, 11, 12, 13, 23, 25] {
            for n in [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65] {
                for k in [0, 1, 2, 17] {
                    check(table, m, n, k, form, .rows)
                    check(table, m, n, k, .rows, form)
                    check(table, m, n, k, form, .columns, Options(packed: true))
                }
            }
        }
    }

    @Test(.tags(.slow), .unlessFast, arguments: InstructionSet.allCases)
    func `larger shapes are right on one thread and on several`(_ set: InstructionSet) throws {
        let table = try kernels(set)
        let pool = ThreadPool(threadCount: 3)
        for (m, n, k) in [(128, 128, 32), (128, 32, 128), (97, 193, 600), (1, 700, 520), (200, 33, 1030), (30, 30, 512)]
        {
            for formA in Form.allCases {
                for formB in Form.allCases {
                    check(table, m, n, k, formA, formB, Options(pool: pool))
                }
                check(table, m, n, k, formA, .columns)
                check(table, m, n, k, formA, .rows, Options(accumulate: true, packed: true, pool: pool))
            }
        }
    }

    @Test(arguments: InstructionSet.allCases, Activation.allCases)
    func `scale, accumulation, bias and activation compose`(_ set: InstructionSet, _ activation: Activation) throws {
        let table = try kernels(set)
        for (m, n, k) in [(13, 35, 0), (13, 35, 9), (1, 64, 40), (50, 33, 530)] {
            for accumulate in [false, true] {
                for bias in [false, true] {
                    check(
                        table, m, n, k, .rows, .rows,
                        Options(alpha: 0.37, accumulate: accumulate, bias: bias, activation: activation))
                }
            }
        }
    }

    @Test(arguments: InstructionSet.allCases)
    func `the order of the threads does not change a bit`(_ set: InstructionSet) throws {
        let table = try kernels(set)
        let (m, n, k) = (151, 333, 700)
        var values = Values(29)
        let a = values.array(m * k)
        let b = values.array(k * n)
        var alone = [Float](repeating: 7, count: m * n)
        var together = alone
        let pool = ThreadPool(threadCount: 4)
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                alone.withUnsafeMutableBufferPointer { alone in
                    together.withUnsafeMutableBufferPointer { together in
                        guard let a = a.baseAddress, let b = b.baseAddress, let one = alone.baseAddress,
                            let many = together.baseAddress
                        else { return }
                        var product = MatrixProduct(
                            m: m, n: n, k: k, a: MatrixOperand(a, rowStride: k),
                            b: .plain(MatrixOperand(b, rowStride: n)), c: one, cRowStride: n)
                        table.multiply(product)
                        product.c = many
                        table.multiply(product, parallelFor: pool.parallelFor)
                    }
                }
            }
        }
        #expect(alone == together)
    }
}
