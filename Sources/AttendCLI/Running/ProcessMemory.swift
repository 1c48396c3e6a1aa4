import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What memory this process took and what the machine has, as the system counts it.
enum ProcessMemory {
    /// The most bytes that were resident at one time; memory that a GPU holds is not among them.
    static var peak: Int {
        var usage = rusage()
        #if canImport(Darwin)
            let isKnown = unsafe getrusage(RUSAGE_SELF, &usage) == 0
            return isKnown ? Int(usage.ru_maxrss) : 0
        #else
            let isKnown = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0
            // In kibibytes here.
            return isKnown ? Int(usage.ru_maxrss) * 1024 : 0
        #endif
    }

    /// Physical memory in bytes.
    static var physical: Int { Int(clamping: ProcessInfo.processInfo.physicalMemory) }
}
