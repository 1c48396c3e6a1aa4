import SIMDKernelTypes
import SIMDKernels
import Testing

@Suite struct `Copies` {
    @Test(arguments: InstructionSet.allCases)
    func `transpose moves every bit pattern to its place`(_ set: InstructionSet) throws {
        let copies = try kernels(set).copies
        for rows in [0, 1, 3, 4, 8, 15, 16, 17, 33, 64] {
            for columns in [0, 1, 5, 8, 16, 19, 32, 67] {
                let source = (0..<max(1, rows * (columns + 3))).map { UInt32($0) &* 2_654_435_761 | 1 }
                var target = [UInt32](repeating: 0, count: max(1, columns * (rows + 2)))
                copies.transpose(rows, columns, source, columns + 3, &target, rows + 2)
                for j in 0..<columns {
                    for i in 0..<rows + 2 {
                        #expect(target[j * (rows + 2) + i] == (i < rows ? source[i * (columns + 3) + j] : 0))
                    }
                }
            }
        }
    }

    @Test(arguments: InstructionSet.allCases, [(40, 1), (1, 40), (80, 2), (0, 1), (1, 0), (-40, 1), (3, 120)])
    func `gather follows any strides`(_ set: InstructionSet, _ strides: (Int, Int)) throws {
        let copies = try kernels(set).copies
        let (rows, columns) = (19, 37)
        let source = (0..<10_000).map { UInt32($0) &* 2_654_435_761 | 1 }
        var target = [UInt32](repeating: 0, count: rows * 40)
        let origin = 800
        source.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            copies.gather(rows, columns, base + origin * 4, strides.0, strides.1, &target, 40)
        }
        for i in 0..<rows {
            for j in 0..<40 {
                #expect(target[i * 40 + j] == (j < columns ? source[origin + i * strides.0 + j * strides.1] : 0))
            }
        }
    }
}
