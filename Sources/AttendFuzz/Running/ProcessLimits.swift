import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The limits of this process, and its peak memory.
enum ProcessLimits {
    /// Makes allocations fail beyond `byteCount` more than the current size; only on Linux.
    static func allowMemory(_ byteCount: Int) {
        #if os(Linux)
            // RLIMIT_DATA, not RLIMIT_AS: threads and allocators reserve address space that is never used.
            guard let taken = dataByteCount else { return }
            let most = rlim_t(taken + byteCount)
            var limit = rlimit(rlim_cur: most, rlim_max: most)
            unsafe setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit)
        #endif
    }

    /// The size of private writable memory in bytes.
    private static var dataByteCount: Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmData:") }),
            let number = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        return number * 1024
    }

    /// The peak resident memory of this process in bytes.
    static var peakByteCount: Int {
        var usage = rusage()
        #if os(Linux)
            guard unsafe getrusage(RUSAGE_SELF.rawValue, &usage) == 0 else { return 0 }
            return usage.ru_maxrss * 1024
        #else
            guard unsafe getrusage(RUSAGE_SELF, &usage) == 0 else { return 0 }
            return usage.ru_maxrss
        #endif
    }

    /// Ends this process with ``timeSignal`` after this much processor time from now; 0 cancels. Processor time, so
    /// that a busy machine does not look like a hang.
    static func endAfter(processorSeconds: Double) {
        let whole = processorSeconds.rounded(.down)
        let time = timeval(tv_sec: .init(whole), tv_usec: .init((processorSeconds - whole) * 1e6))
        var timer = itimerval(it_interval: timeval(tv_sec: 0, tv_usec: 0), it_value: time)
        #if os(Linux)
            _ = unsafe setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &timer, nil)
        #else
            _ = unsafe setitimer(ITIMER_PROF, &timer, nil)
        #endif
    }

    static let timeSignal = SIGPROF

    /// Ends this process after this much wall-clock time, in case the parent does not; 0 cancels.
    static func endAfter(seconds: Int) { alarm(UInt32(seconds)) }
}
