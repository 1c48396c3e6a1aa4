#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The floating-point environment of a thread: its rounding mode, handling of denormals, and exception traps.
///
/// Kernels and the oracle share threads, so a change by a kernel or by loading a library would change the oracle's
/// results: 2⁻¹⁴⁹ would be 0 for both. Flags of raised exceptions are not included.
package struct FloatingPointEnvironment: Sendable, Hashable {
    /// The control bits, in the processor's format.
    private let control: UInt64

    /// The default environment: rounding to nearest, denormals kept, no traps.
    package static let standard = FloatingPointEnvironment(control: standardControl)

    package static var current: FloatingPointEnvironment { FloatingPointEnvironment(control: read()) }

    /// Sets the environment of the current thread.
    package func apply() {
        if self != .current { FloatingPointEnvironment.write(control) }
    }

    /// Restores this environment if it was changed, and describes the change; nil for none.
    package func restored() -> String? {
        let left = FloatingPointEnvironment.current
        guard left != self else { return nil }
        apply()
        return "left the floating-point environment changed: \(left)"
    }

    /// Runs `body` in the standard environment, and restores the previous one.
    package static func inStandard<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let before = current
        standard.apply()
        defer { before.apply() }
        return try body()
    }
}

// MARK: Control registers

#if arch(x86_64)
    extension FloatingPointEnvironment {
        /// MXCSR without exception flags, and the masks, precision and rounding of x87.
        private static let standardControl: UInt64 = 0x033F << 16 | 0x1F80

        private static func read() -> UInt64 {
            var all = fenv_t()
            _ = unsafe fegetenv(&all)
            return x87(all) << 16 | UInt64(all.__mxcsr & 0xFFC0)
        }

        private static func write(_ control: UInt64) {
            var all = fenv_t()
            _ = unsafe fegetenv(&all)
            all.__mxcsr = all.__mxcsr & ~0xFFC0 | UInt32(control & 0xFFC0)
            #if canImport(Darwin)
                all.__control = all.__control & ~0x0F3F | UInt16(control >> 16)
            #else
                all.__control_word = all.__control_word & ~0x0F3F | UInt16(control >> 16)
            #endif
            _ = unsafe fesetenv(&all)
        }

        private static func x87(_ all: fenv_t) -> UInt64 {
            #if canImport(Darwin)
                UInt64(all.__control & 0x0F3F)
            #else
                UInt64(all.__control_word & 0x0F3F)
            #endif
        }

        private var rounding: Int { Int(control >> 13 & 3) }
        private var flushesResults: Bool { control & 0x8000 != 0 }
        private var flushesOperands: Bool { control & 0x0040 != 0 }
        private var traps: Bool { control & 0x1F80 != 0x1F80 }

        /// This environment with another rounding mode, or with denormals flushed, for planted faults.
        package func with(roundingDown: Bool = false, flushingDenormals: Bool = false) -> FloatingPointEnvironment {
            FloatingPointEnvironment(
                control: control | (roundingDown ? 0x2000 : 0) | (flushingDenormals ? 0x8040 : 0))
        }
    }
#elseif arch(arm64)
    extension FloatingPointEnvironment {
        /// FPCR, which has only control bits.
        private static let standardControl: UInt64 = 0

        private static func read() -> UInt64 {
            var all = fenv_t()
            _ = unsafe fegetenv(&all)
            return UInt64(all.__fpcr)
        }

        private static func write(_ control: UInt64) {
            var all = fenv_t()
            _ = unsafe fegetenv(&all)
            all.__fpcr = numericCast(control)
            _ = unsafe fesetenv(&all)
        }

        /// The rounding mode; the processor's order is nearest, up, down, toward zero.
        private var rounding: Int { [0, 2, 1, 3][Int(control >> 22 & 3)] }
        private var flushesResults: Bool { control & 1 << 24 != 0 }
        private var flushesOperands: Bool { control & (1 << 24 | 1) != 0 }
        private var traps: Bool { control & 0x9F00 != 0 }

        /// This environment with another rounding mode, or with denormals flushed, for planted faults.
        package func with(roundingDown: Bool = false, flushingDenormals: Bool = false) -> FloatingPointEnvironment {
            FloatingPointEnvironment(
                control: control | (roundingDown ? 2 << 22 : 0) | (flushingDenormals ? 1 << 24 : 0))
        }
    }
#else
    #error("add code to read this processor's floating-point environment")
#endif

extension FloatingPointEnvironment: CustomStringConvertible {
    package var description: String {
        var words: [String] = []
        if rounding != 0 { words.append("rounding \(["to nearest", "down", "up", "toward zero"][rounding])") }
        if flushesResults { words.append("denormal results flushed to 0") }
        if flushesOperands { words.append("denormal operands taken as 0") }
        if traps { words.append("exceptions trap") }
        if words.isEmpty {
            words = [self == .standard ? "the standard one" : "control bits \(String(control, radix: 16))"]
        }
        return words.joined(separator: ", ")
    }
}
