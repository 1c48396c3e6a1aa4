import AttendBackend
import SIMDKernelTypes
import SIMDKernels
import Testing

/// Conversions of 16-bit floats, against the scalar ones of `NarrowFloat`.
@Suite struct `Conversions` {
    private static let all = (0...UInt16.max).map { $0 }

    /// Each 16-bit number, its neighbors in float32, the midpoints to the next number and theirs, and numbers of random
    /// bits.
    private static let floats: [Float] = {
        var result: [Float] = []
        for bits in all where bits % 7 == 0 || bits & 0x3FF < 4 || bits & 0x7F < 2 {
            for number in [NarrowFloat.float(bfloat16: bits), NarrowFloat.float(float16: bits)] {
                let next = number.bitPattern
                for shift: UInt32 in [0, 0x800, 0x1000, 0x8000] {
                    let middle = next &+ shift
                    result += [middle &- 1, middle, middle &+ 1].map(Float.init(bitPattern:))
                }
            }
        }
        var state: UInt32 = 1
        for _ in 0..<200_003 {
            state = state &* 1_664_525 &+ 1_013_904_223
            result.append(Float(bitPattern: state ^ state >> 13))
        }
        return result
    }()

    @Test(arguments: InstructionSet.allCases)
    func `all 65,536 numbers are widened exactly`(_ set: InstructionSet) throws {
        let table = try kernels(set)
        var wide = [Float](repeating: 0, count: Self.all.count)
        table.bfloat16.widen(Self.all, &wide, wide.count)
        #expect(wide.map(\.bitPattern) == Self.all.map { NarrowFloat.float(bfloat16: $0).bitPattern })
        table.float16.widen(Self.all, &wide, wide.count)
        #expect(wide.map(\.bitPattern) == Self.all.map { NarrowFloat.float(float16: $0).bitPattern })
    }

    @Test(arguments: InstructionSet.allCases)
    func `numbers are rounded to nearest even, NaN to NaN`(_ set: InstructionSet) throws {
        let table = try kernels(set)
        var narrow = [UInt16](repeating: 0, count: Self.floats.count)
        table.bfloat16.narrow(Self.floats, &narrow, narrow.count)
        #expect(narrow == Self.floats.map(NarrowFloat.bfloat16))
        table.float16.narrow(Self.floats, &narrow, narrow.count)
        #expect(narrow == Self.floats.map(NarrowFloat.float16))
    }

    @Test(arguments: InstructionSet.allCases, [0, 1, 7, 15, 16, 17, 33])
    func `only the elements asked for are written`(_ set: InstructionSet, _ count: Int) throws {
        let table = try kernels(set)
        for conversion in [table.bfloat16, table.float16] {
            var wide = [Float](repeating: 9, count: 40)
            conversion.widen(Array(Self.all[0x3C00..<0x3C28]), &wide, count)
            #expect(wide[count...].allSatisfy { $0 == 9 })
            var narrow = [UInt16](repeating: 9, count: 40)
            conversion.narrow([Float](repeating: 1.5, count: 40), &narrow, count)
            #expect(narrow[count...].allSatisfy { $0 == 9 } && narrow[..<count].allSatisfy { $0 != 9 })
        }
    }
}
