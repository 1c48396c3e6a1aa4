#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The streams that the program is started with.
enum Streams {
    /// A reader that is gone becomes an error of writing instead of a signal, and what is opened later never takes the place of a
    /// stream that was closed before the start.
    static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
            // The lowest free number is the closed one's. Read only, so that writing to it is an error.
            _ = unsafe open("/dev/null", O_RDONLY)
        }
    }
}
