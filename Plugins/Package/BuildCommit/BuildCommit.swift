import Foundation
import PackagePlugin

/// Writes the commit of the sources into a Swift file: at each commit, not at each build. Without a Git repository, as
/// in an archive of the sources, the commit is empty.
@main
struct BuildCommit: BuildToolPlugin {
    /// Reads the repository's files, so that `git` need not be installed. A branch is a file of its own or a line of
    /// `packed-refs`.
    private static let script = """
        output="$1"; own="$2"; common="$3"
        head="$(cat "$own/HEAD" 2>/dev/null)"
        case "$head" in
            "ref: "*)
                name="${head#ref: }"
                commit="$(cat "$common/$name" 2>/dev/null)"
                if [ -z "$commit" ]; then
                    commit="$(sed -n "s|^\\([0-9a-f]*\\) $name\\$|\\1|p" "$common/packed-refs" 2>/dev/null)"
                fi ;;
            *) commit="$head" ;;
        esac
        commit="$(printf '%s' "$commit" | tr -cd '0-9a-f' | cut -c1-12)"
        printf 'enum Generated {\\n    @inline(never) static var commit: String { "%s" }\\n}\\n' "$commit" > "$output"
        """

    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let root = context.package.directoryURL
        let output = context.pluginWorkDirectoryURL.appending(path: "Commit.swift")
        let own = Self.repository(of: root)
        let common =
            Self.line(of: own.appending(path: "commondir"))
            .map { URL(filePath: $0, relativeTo: own).standardizedFileURL } ?? own
        // The log of HEAD grows with each commit and checkout; where there is none, the reference itself changes.
        let branch = Self.line(of: own.appending(path: "HEAD")).map { $0.replacing("ref: ", with: "") } ?? ""
        let changing = [
            own.appending(path: "HEAD"), own.appending(path: "logs/HEAD"), common.appending(path: branch),
            common.appending(path: "packed-refs")
        ]
        return [
            .buildCommand(
                displayName: "Noting the commit",
                executable: URL(filePath: "/bin/sh"),
                arguments: [
                    "-c", Self.script, "commit", output.path(percentEncoded: false), own.path(percentEncoded: false),
                    common.path(percentEncoded: false)
                ],
                inputFiles: changing.filter { Self.line(of: $0) != nil },
                outputFiles: [output]
            )
        ]
    }

    /// The folder of the repository; of a worktree, the folder that its file `.git` names.
    private static func repository(of root: URL) -> URL {
        let place = root.appending(path: ".git")
        guard let line = line(of: place), line.hasPrefix("gitdir: ") else { return place }
        return URL(filePath: String(line.dropFirst("gitdir: ".count)), relativeTo: root).standardizedFileURL
    }

    /// The first line of a file; nil where there is no such file.
    private static func line(of file: URL) -> String? {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
        return text.split(separator: "\n").first.map(String.init) ?? ""
    }
}
