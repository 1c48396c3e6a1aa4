#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The standard streams.
enum Streams {
    /// Makes writing to a closed pipe an error instead of a signal, and opens /dev/null for closed standard streams, so
    /// that no other file gets their descriptors.
    static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
            // `open` returns the lowest free descriptor, which is this one. Read-only, so that writing to it is an
            // error.
            _ = unsafe open("/dev/null", O_RDONLY)
        }
    }
}
