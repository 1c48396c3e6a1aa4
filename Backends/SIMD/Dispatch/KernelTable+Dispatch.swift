import CSIMDBFloat16
import CSIMDSupport
import Foundation
package import SIMDKernelTypes
import SIMDKernelsBaseline

#if arch(x86_64)
    import SIMDKernelsAVX2
    import SIMDKernelsAVX512
#endif

/// The error for a value of `ATTEND_SIMD` that is no instruction set.
package struct BadInstructionSet: Error, Sendable, CustomStringConvertible {
    package let name: String

    package var description: String { "\(reason); \(remedy)" }
    package var reason: String { "ATTEND_SIMD is \"\(name)\"" }
    package var remedy: String {
        "set it to \(InstructionSet.allCases.map(\.rawValue).joined(separator: ", ")), or leave it unset"
    }
}

extension KernelTable {
    /// Kernels for every processor of this architecture.
    package static let baseline = SIMDKernelsBaseline.makeKernelTable()

    /// Kernels for AVX2 and FMA; nil if the processor or operating system lacks them.
    package static let avx2: KernelTable? = table(for: .avx2)

    /// Kernels for AVX-512; nil if the processor or operating system lacks it.
    package static let avx512: KernelTable? = table(for: .avx512)

    /// Those of ``avx512`` with native products of bfloat16; nil if the processor or operating system lacks them, without
    /// them and with a ``KernelTable/fault`` if they compute something wrong. Checked once.
    package static let avx512bf16: KernelTable? = {
        #if arch(x86_64)
            guard attend_cpu_has_avx512_bf16() else { return nil }
            return avx512?.adding(.processor)
        #else
            return nil
        #endif
    }()

    /// The table with native products of bfloat16, or with a note that they are wrong.
    package func adding(_ kernels: BFloat16Kernels) -> KernelTable {
        var table = self
        if let fault = kernels.fault(beside: self) {
            table.fault = "BF16 kernels off: \(fault)"
        } else {
            (table.instructionSet, table.nativeBFloat16) = (.avx512bf16, kernels)
        }
        return table
    }

    /// The tables supported by this machine, by ascending vector width.
    package static let available: [KernelTable] = InstructionSet.allCases.compactMap(table(for:))

    /// The widest supported table that the environment allows: `ATTEND_SIMD` = `baseline`, `avx2`, `avx512` or `avx512bf16`
    /// sets the highest instruction set to use. Read once.
    ///
    /// - Throws: ``BadInstructionSet`` for any other value.
    package static func best() throws(BadInstructionSet) -> KernelTable { try allowed.get() }

    private static let allowed = Result<KernelTable, BadInstructionSet> { () throws(BadInstructionSet) in
        let name = ProcessInfo.processInfo.environment["ATTEND_SIMD"] ?? ""
        guard !name.isEmpty else { return best(atMost: .avx512bf16) }
        guard let limit = InstructionSet(rawValue: name.lowercased()) else { throw BadInstructionSet(name: name) }
        return best(atMost: limit)
    }

    /// The widest supported table up to `limit`.
    package static func best(atMost limit: InstructionSet) -> KernelTable {
        let order = InstructionSet.allCases
        let allowed = order.prefix { $0 != limit } + [limit]
        return allowed.reversed().lazy.compactMap(table(for:)).first ?? baseline
    }

    /// The table for `set`; nil if the processor or operating system lacks it. Only the requested table is accessed,
    /// since its module is compiled for that processor.
    package static func table(for set: InstructionSet) -> KernelTable? {
        switch set {
        case .baseline: return baseline
        #if arch(x86_64)
            case .avx2: return attend_cpu_has_avx2_fma() ? SIMDKernelsAVX2.makeKernelTable() : nil
            case .avx512: return attend_cpu_has_avx512() ? SIMDKernelsAVX512.makeKernelTable() : nil
            case .avx512bf16: return avx512bf16
        #else
            case .avx2, .avx512, .avx512bf16: return nil
        #endif
        }
    }
}
