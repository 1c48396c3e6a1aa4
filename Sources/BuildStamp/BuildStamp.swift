/// What this build was made from, and how.
///
/// The commit is written by the build-tool plug-in `BuildCommit` at each commit, which compiles this small module again
/// and links.
package enum BuildStamp {
    /// The commit of the sources; nil where they are in no Git repository.
    package static var commit: String? { Generated.commit.isEmpty ? nil : Generated.commit }

    /// `release` or `debug`.
    package static var configuration: String {
        #if DEBUG
            "debug"
        #else
            "release"
        #endif
    }

    /// The version of the compiler, as far as a source can know it.
    package static var compiler: String {
        #if compiler(>=6.4)
            "6.4 or newer"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }
}
