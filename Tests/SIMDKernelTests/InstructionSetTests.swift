import Foundation
import SIMDKernelTypes
import SIMDKernels
import Testing

/// Cases of an instruction set that this machine lacks end at once and print as passed; these tests show it.
@Suite struct `Instruction sets` {
    @Test func `the AVX2 kernels are tested on this machine`() throws {
        #expect(try kernels(.avx2).instructionSet == .avx2)
    }

    @Test func `the AVX-512 kernels are tested on this machine`() throws {
        #expect(try kernels(.avx512).instructionSet == .avx512)
    }
}

/// Which table is chosen, by the processor and by `ATTEND_SIMD`.
@Suite struct `The choice of kernels` {
    /// The instruction sets that run here, in the order of their vectors' widths.
    private static let available = KernelTable.available.map(\.instructionSet)

    private static func widest(atMost limit: InstructionSet) -> InstructionSet? {
        let order = InstructionSet.allCases
        return available.last { set in
            order.firstIndex(of: set).flatMap { index in order.firstIndex(of: limit).map { index <= $0 } } ?? false
        }
    }

    #if os(Linux) && arch(x86_64)
        /// The flags that the kernel shows are the processor's that the operating system supports.
        @Test func `what the processor has is what runs`() throws {
            let text = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("flags") })
            let flags = Set(line.split(separator: " ").map(String.init))
            let avx2 = ["avx", "avx2", "fma", "movbe", "f16c", "bmi1", "bmi2"]
            let avx512 = avx2 + ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]
            var expected: [InstructionSet] = [.baseline]
            if flags.isSuperset(of: avx2) { expected.append(.avx2) }
            if flags.isSuperset(of: avx512) { expected.append(.avx512) }
            if flags.isSuperset(of: avx512 + ["avx512_bf16"]) { expected.append(.avx512bf16) }
            #expect(Self.available == expected)
        }
    #endif

    @Test(arguments: InstructionSet.allCases) func `a limit is kept, and the widest table within it taken`(
        limit: InstructionSet
    ) throws {
        #expect(KernelTable.best(atMost: limit).instructionSet == (try #require(Self.widest(atMost: limit))))
    }

    /// The variable is read once, so each value has a process of its own.
    @Test(arguments: InstructionSet.allCases, [false, true]) func `ATTEND_SIMD limits the choice`(
        limit: InstructionSet, isUppercased: Bool
    ) async throws {
        let wanted = try #require(Self.widest(atMost: limit)).rawValue
        let value = isUppercased ? limit.rawValue.uppercased() : limit.rawValue
        await #expect(processExitsWith: .success) { [value = value as String, wanted = wanted as String] in
            setenv("ATTEND_SIMD", value, 1)
            let found = try KernelTable.best().instructionSet.rawValue
            #expect(found == wanted)
        }
    }

    @Test func `without ATTEND_SIMD the widest table is taken`() async throws {
        let wanted = try #require(Self.available.last).rawValue
        await #expect(processExitsWith: .success) { [wanted = wanted as String] in
            unsetenv("ATTEND_SIMD")
            let found = try KernelTable.best().instructionSet.rawValue
            #expect(found == wanted)
        }
    }
}
