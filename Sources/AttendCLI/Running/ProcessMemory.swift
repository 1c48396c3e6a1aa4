#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The memory of this process, as counted by the system.
enum ProcessMemory {
    /// The peak resident memory in bytes, without GPU memory.
    static var peak: Int {
        var usage = rusage()
        #if canImport(Darwin)
            let isKnown = unsafe getrusage(RUSAGE_SELF, &usage) == 0
            return isKnown ? Int(usage.ru_maxrss) : 0
        #else
            let isKnown = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0
            // In kibibytes on this system.
            return isKnown ? Int(usage.ru_maxrss) * 1024 : 0
        #endif
    }
}
