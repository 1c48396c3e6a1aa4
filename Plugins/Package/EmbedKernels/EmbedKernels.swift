import Foundation
import PackagePlugin

/// Writes the OpenCL kernels of `Backends/OpenCL/Kernels` into a Swift file as string literals, so that a program that is one file
/// holds all that it needs.
@main
struct EmbedKernels: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let folder = context.package.directoryURL.appending(path: "Backends/OpenCL/Kernels")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "cl" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
        let embedded = context.pluginWorkDirectoryURL.appending(path: "KernelSources.swift")
        let script = """
            output="$1"; shift
            {
                printf 'enum KernelSources {\\n    static let texts: [String: String] = [\\n'
                for file; do
                    name="$(basename "$file" .cl)"
                    printf '        "%s": ####\"\"\"\\n' "$name"
                    cat "$file"
                    printf '\\n\"\"\"####,\\n'
                done
                printf '    ]\\n}\\n'
            } > "$output"
            """
        let arguments = ["-c", script, "embed", embedded.path(percentEncoded: false)]
        return [
            .buildCommand(
                displayName: "Embedding the OpenCL kernels",
                executable: URL(filePath: "/bin/sh"),
                arguments: arguments + files.map { $0.path(percentEncoded: false) },
                inputFiles: files,
                outputFiles: [embedded]
            )
        ]
    }
}
