#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// The directory for Attend's caches.
public enum CacheFolder {
    /// `ATTEND_CACHE`, else `attend` in the user's cache folder: `XDG_CACHE_HOME` if absolute, else `~/Library/Caches`
    /// on macOS and `~/.cache` elsewhere. Nil if neither these variables nor `HOME` are set.
    ///
    /// - Parameter environment: The value of a variable; nil if unset. Empty values count as unset.
    public static func path(_ environment: (String) -> String?) -> String? {
        func value(_ name: String) -> String? { environment(name).flatMap { $0.isEmpty ? nil : $0 } }
        if let given = value("ATTEND_CACHE") { return given }
        // A relative path is ignored (XDG Base Directory Specification).
        if let given = value("XDG_CACHE_HOME"), given.hasPrefix("/") { return "\(given)/attend" }
        #if os(macOS)
            return value("HOME").map { "\($0)/Library/Caches/attend" }
        #else
            return value("HOME").map { "\($0)/.cache/attend" }
        #endif
    }

    /// Creates a folder and its missing parents; an existing one is left unchanged.
    ///
    /// - Throws: ``FileError`` with the system's message.
    package static func make(_ path: String) throws(FileError) {
        var part = path.hasPrefix("/") ? "/" : ""
        for name in path.split(separator: "/") {
            part += name
            guard unsafe mkdir(part, 0o777) == 0 || errno == EEXIST else { throw .last(part, "create the folder") }
            part += "/"
        }
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw .last(path, "create the folder") }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw FileError(path: path, reason: "can't create the folder: a file with this name exists")
        }
    }
}
