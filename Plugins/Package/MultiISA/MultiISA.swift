import Foundation
import PackagePlugin

/// Compiles one set of kernel sources into several targets, each with the compiler flags of one instruction set.
///
/// The files of `Backends/SIMD/Kernels` are joined into one, so that every small function can be inlined into the loops
/// that call it in a debug build too, where the compiler sees one file at a time. `#sourceLocation` keeps diagnostics
/// and debuggers pointing at the true file.
@main
struct MultiISA: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let sources = context.package.directoryURL.appending(path: "Backends/SIMD/Kernels")
        let files = try FileManager.default.contentsOfDirectory(at: sources, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "swift" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
        let joined = context.pluginWorkDirectoryURL.appending(path: "Kernels.swift")
        let script = """
            output="$1"; shift
            for file; do
                printf '#sourceLocation(file: "%s", line: 1)\\n' "$file"
                cat "$file"
                printf '#sourceLocation()\\n'
            done > "$output"
            """
        let arguments = ["-c", script, "join", joined.path(percentEncoded: false)]
        return [
            .buildCommand(
                displayName: "Joining the kernels for \(target.name)",
                executable: URL(filePath: "/bin/sh"),
                arguments: arguments + files.map { $0.path(percentEncoded: false) },
                inputFiles: files,
                outputFiles: [joined]
            )
        ]
    }
}
