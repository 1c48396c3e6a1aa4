import AttendGraph

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The host machine, for backends that compute in its memory.
public enum HostMachine {
    /// Physical memory in bytes, or nil if unknown.
    public static let memoryByteCount: Int? = {
        let (pages, size) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
        return pages > 0 && size > 0 ? pages * size : nil
    }()

    /// The memory limit of this process in bytes: the minimum of physical memory, `ulimit` (RLIMIT_AS, RLIMIT_DATA) and
    /// the control groups' `memory.max`; nil if unknown.
    public static var allowedByteCount: Int? {
        ([memoryByteCount] + ProcessLimits.current + [ControlGroup.limit]).compactMap(\.self).min()
    }

    /// Whether the process can allocate `byteCount` more bytes now.
    ///
    /// Below 1 MiB nothing is checked: a process without that much memory can't report an error either.
    public static func hasRoom(for byteCount: Int) -> Bool {
        guard byteCount >= 1 << 20 else { return byteCount >= 0 }
        if let allowedByteCount, byteCount > allowedByteCount { return false }
        if byteCount >= 1 << 26, !ControlGroup.current.allSatisfy({ byteCount <= $0.room ?? .max }) { return false }
        // Tests the limits of the address space; the pages are not touched. `malloc` would not work: the compiler
        // removes a `malloc` followed only by `free`.
        guard let memory = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            unsafe memory != MAP_FAILED
        else { return false }
        return unsafe munmap(memory, byteCount) == 0
    }
}

/// Memory limits of `setrlimit`.
private enum ProcessLimits {
    static var current: [Int?] {
        #if canImport(Glibc)
            [limit(Int32(RLIMIT_AS.rawValue)), limit(Int32(RLIMIT_DATA.rawValue))]
        #else
            [limit(RLIMIT_AS), limit(RLIMIT_DATA)]
        #endif
    }

    private static func limit(_ resource: Int32) -> Int? {
        var limits = rlimit()
        // "No limit" is a number beyond any memory size.
        guard unsafe getrlimit(resource, &limits) == 0, limits.rlim_cur < UInt(1) << 60 else { return nil }
        return Int(limits.rlim_cur)
    }
}

/// A Linux control group (version 2, or the memory controller of version 1) that limits this process's memory.
private struct ControlGroup {
    let limit: Int?
    /// The unused part of the limit; page-cache memory counts as unused, since it can be reclaimed.
    let room: Int?

    /// The process's group and its ancestors: those that had a limit at the first call.
    static var current: [ControlGroup] { folders.map { ControlGroup(folder: $0) } }

    /// The smallest of their limits.
    static let limit: Int? = current.compactMap(\.limit).min()

    private static let folders: [String] = {
        let lines = (SystemFile.text("/proc/self/cgroup") ?? "").split(separator: "\n")
        var folders: [String] = []
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let root: String
            if parts[1].isEmpty {
                root = "/sys/fs/cgroup"
            } else if parts[1].split(separator: ",").contains("memory") {
                root = "/sys/fs/cgroup/memory"
            } else {
                continue
            }
            var path = parts[2].split(separator: "/")
            while true {
                folders.append(([root] + path.map(String.init)).joined(separator: "/"))
                if path.popLast() == nil { break }
            }
        }
        return folders.filter { ControlGroup(folder: $0).limit != nil }
    }()

    private init(folder: String) {
        func number(_ name: String) -> Int? {
            SystemFile.text("\(folder)/\(name)")?.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
        }
        // Version 1 writes "no limit" as a number near 2⁶³.
        limit = (number("memory.max") ?? number("memory.limit_in_bytes")).flatMap { $0 < 1 << 60 ? $0 : nil }
        guard let limit, let used = number("memory.current") ?? number("memory.usage_in_bytes") else {
            room = nil
            return
        }
        let statistics = SystemFile.text("\(folder)/memory.stat") ?? ""
        let files = statistics.split(separator: "\n").reduce(0) { sum, line in
            let words = line.split(separator: " ")
            guard words.count == 2, ["inactive_file", "active_file"].contains(words[0]) else { return sum }
            return sum + (Int(words[1]) ?? 0)
        }
        room = max(0, limit - used + files)
    }
}
