#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The machine that the program runs on, for devices that compute in its memory.
public enum HostMachine {
    /// Bytes of memory, whoever uses them; nil where the system does not say.
    public static let memoryByteCount: Int? = {
        let (pages, size) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
        return pages > 0 && size > 0 ? pages * size : nil
    }()
}
