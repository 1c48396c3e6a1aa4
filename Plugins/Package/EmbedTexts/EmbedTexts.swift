import Foundation
import PackagePlugin

/// Writes the texts of a folder into a Swift file as string literals, so that a program that is one file holds all that it needs:
/// the OpenCL kernels, and the presets of known models.
@main
struct EmbedTexts: BuildToolPlugin {
    /// What is embedded into a target, and the type that holds it.
    private struct Texts {
        let folder: String
        let pathExtension: String
        let type: String
    }

    private static let texts = [
        "OpenCLBackend": Texts(folder: "Backends/OpenCL/Kernels", pathExtension: "cl", type: "KernelSources"),
        "Attend": Texts(folder: "Sources/Attend/Presets/Files", pathExtension: "json", type: "PresetFiles")
    ]

    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        guard let texts = Self.texts[target.name] else { return [] }
        let folder = context.package.directoryURL.appending(path: texts.folder)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == texts.pathExtension }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
        let embedded = context.pluginWorkDirectoryURL.appending(path: "\(texts.type).swift")
        let script = """
            output="$1"; type="$2"; extension="$3"; shift 3
            {
                printf 'enum %s {\\n    static let texts: [String: String] = [\\n' "$type"
                for file; do
                    name="$(basename "$file" ".$extension")"
                    printf '        "%s": ####\"\"\"\\n' "$name"
                    cat "$file"
                    printf '\\n\"\"\"####,\\n'
                done
                printf '    ]\\n}\\n'
            } > "$output"
            """
        let arguments = [
            "-c", script, "embed", embedded.path(percentEncoded: false), texts.type, texts.pathExtension
        ]
        return [
            .buildCommand(
                displayName: "Embedding \(texts.folder)",
                executable: URL(filePath: "/bin/sh"),
                arguments: arguments + files.map { $0.path(percentEncoded: false) },
                inputFiles: files,
                outputFiles: [embedded]
            )
        ]
    }
}
