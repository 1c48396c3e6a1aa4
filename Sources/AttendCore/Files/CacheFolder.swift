/// The directory for Attend's caches.
public enum CacheFolder {
    /// `ATTEND_CACHE`, else `attend` in the user's cache folder by the custom of the system; nil where there is none.
    ///
    /// - Parameter environment: A variable's value; nil where it is not set.
    public static func path(_ environment: (String) -> String?) -> String? {
        func value(_ name: String) -> String? { environment(name).flatMap { $0.isEmpty ? nil : $0 } }
        if let given = value("ATTEND_CACHE") { return given }
        // A relative path counts as none (XDG Base Directory Specification).
        if let given = value("XDG_CACHE_HOME"), given.hasPrefix("/") { return "\(given)/attend" }
        #if os(macOS)
            return value("HOME").map { "\($0)/Library/Caches/attend" }
        #else
            return value("HOME").map { "\($0)/.cache/attend" }
        #endif
    }
}
