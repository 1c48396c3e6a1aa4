#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How this thread's processor rounds, what it does with denormals and which exceptions trap.
///
/// Kernels and the oracle share threads, so what a kernel or a library's loading changes here would change what the
/// oracle computes: 2⁻¹⁴⁹ would be 0 for both. The flags of exceptions that were raised are no part of it.
package struct FloatingPointEnvironment: Sendable, Hashable {
    /// The bits that decide, as the processor has them.
    private let control: UInt64

    /// What every thread has that nobody changed: rounding to nearest, denormals kept, nothing traps.
    package static let standard = FloatingPointEnvironment(control: standardControl)

    package static var current: FloatingPointEnvironment { FloatingPointEnvironment(control: read()) }

    /// Makes it this thread's own.
    package func apply() {
        if self != .current { FloatingPointEnvironment.write(control) }
    }

    /// Puts back this environment where another one is left; says what was different, nil for nothing.
    package func restored() -> String? {
        let left = FloatingPointEnvironment.current
        guard left != self else { return nil }
        apply()
        return "left the floating-point environment changed: \(left)"
    }

    /// Runs `body` in the standard environment, and leaves what was there before.
    package static func inStandard<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let before = current
        standard.apply()
        defer { before.apply() }
        return try body()
    }
}

// MARK: What a processor calls it

#if arch(x86_64)
    extension FloatingPointEnvironment {
        /// MXCSR without the flags that were raised; beside it x87's masks, precision and rounding.
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

        /// This environment with another rounding, or with denormals flushed: what planted faults leave.
        package func with(roundingDown: Bool = false, flushingDenormals: Bool = false) -> FloatingPointEnvironment {
            FloatingPointEnvironment(
                control: control | (roundingDown ? 0x2000 : 0) | (flushingDenormals ? 0x8040 : 0))
        }
    }
#elseif arch(arm64)
    extension FloatingPointEnvironment {
        /// FPCR: all of it is control.
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

        /// The processor's order is nearest, up, down, toward zero.
        private var rounding: Int { [0, 2, 1, 3][Int(control >> 22 & 3)] }
        private var flushesResults: Bool { control & 1 << 24 != 0 }
        private var flushesOperands: Bool { control & (1 << 24 | 1) != 0 }
        private var traps: Bool { control & 0x9F00 != 0 }

        /// This environment with another rounding, or with denormals flushed: what planted faults leave.
        package func with(roundingDown: Bool = false, flushingDenormals: Bool = false) -> FloatingPointEnvironment {
            FloatingPointEnvironment(
                control: control | (roundingDown ? 2 << 22 : 0) | (flushingDenormals ? 1 << 24 : 0))
        }
    }
#else
    #error("say here how this processor's floating-point environment is read")
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
