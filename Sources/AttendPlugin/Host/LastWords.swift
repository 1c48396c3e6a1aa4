#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// An error message for a program that ends while plug-ins are loaded, by a signal or by an unexpected `exit`.
///
/// A plug-in is native code, and a crash can't be recovered from; without this the program would end silently, or with
/// exit code 0. For programs, not for libraries: it replaces the process's signal handlers and calls the previous ones
/// afterwards.
public enum LastWords {
    private struct State {
        var isWanted = false
        var isInstalled = false
        var libraries: [String] = []
        /// Previous actions by signal.
        var previous = UnsafeMutablePointer<sigaction>.allocate(capacity: 65)
        /// Text for the handlers, which may not allocate. Never freed, since a handler may be reading it.
        var text: UnsafeBufferPointer<UInt8>?
    }

    /// Written by one thread at a time: under the lock of ``PluginLibrary``, or by the main thread before any plug-in
    /// is loaded. Read by handlers.
    private nonisolated(unsafe) static let state = {
        let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
        state.initialize(to: State())
        return state
    }()

    private static let signals = [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT]

    /// Enables the message until ``withdraw()``. Call it before plug-ins are loaded; without any it has no effect.
    public static func prepare() { state.pointee.isWanted = true }

    /// Disables the message: the program has finished its work and may exit.
    public static func withdraw() { state.pointee.isWanted = false }

    /// Records a library before it is loaded, since its code may crash at once.
    static func note(_ library: String) {
        guard state.pointee.isWanted else { return }
        state.pointee.libraries.append(library)
        let libraries = state.pointee.libraries
        let subject = libraries.count == 1 ? "the plug-in" : "the plug-ins"
        let text =
            " with \(subject) \(libraries.joined(separator: ", ")) loaded. "
            + "A plug-in is native code that can end the program; "
            + "attend parity --plugin runs it in separate processes and names the kernel that failed\n"
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.utf8.count)
        _ = copy.initialize(from: text.utf8)
        state.pointee.text = UnsafeBufferPointer(copy)
        guard !state.pointee.isInstalled else { return }
        state.pointee.isInstalled = true
        for signal in signals { install(signal) }
        atexit {
            guard LastWords.state.pointee.isWanted else { return }
            LastWords.say("attend: error: exit was called before the end of the command,", nil)
            _exit(1)
        }
    }

    private static func install(_ signal: Int32) {
        var action = sigaction()
        let handler: @convention(c) (Int32, UnsafeMutablePointer<siginfo_t>?, UnsafeMutableRawPointer?) -> Void = {
            signal, information, _ in
            LastWords.say("attend: error: ended by signal ", signal)
            sigaction(signal, LastWords.state.pointee.previous + Int(signal), nil)
            // A synchronous fault recurs when this returns; a signal that was sent must be raised again.
            if let code = information?.pointee.si_code, code > 0, signal != SIGABRT { return }
            raise(signal)
        }
        #if canImport(Darwin)
            action.__sigaction_u.__sa_sigaction = handler
        #else
            action.__sigaction_handler.sa_sigaction = handler
        #endif
        // `SA_NODEFER`: not blocked while the handler runs, so that raising it again ends the process.
        action.sa_flags = Int32(truncatingIfNeeded: SA_NODEFER) | Int32(truncatingIfNeeded: SA_SIGINFO)
        sigaction(signal, &action, state.pointee.previous + Int(signal))
    }

    /// Writes to stderr without allocating.
    private static func say(_ start: StaticString, _ number: Int32?) {
        write(STDERR_FILENO, start.utf8Start, start.utf8CodeUnitCount)
        if let number {
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2) { digits in
                digits[0] = UInt8(48 + number / 10 % 10)
                digits[1] = UInt8(48 + number % 10)
                let first = number < 10 ? 1 : 0
                write(STDERR_FILENO, digits.baseAddress! + first, 2 - first)
            }
        }
        if let text = state.pointee.text { write(STDERR_FILENO, text.baseAddress, text.count) }
    }
}
