import Foundation
import PackagePlugin

/// Writes files into a Swift file as string literals, so that a program that is one file holds all that it needs: the
/// OpenCL kernels, the presets of known models, and the examples that are explained.
@main
struct EmbedTexts: BuildToolPlugin {
    /// What is embedded into a target, and the type that holds it: a dictionary by the files' names.
    private struct Texts {
        let folders: [String]
        let pathExtension: String
        let type: String
        /// Files that are no text become hexadecimal digits.
        var isBinary = false
    }

    private static let texts: [String: [Texts]] = [
        "OpenCLBackend": [Texts(folders: ["Backends/OpenCL/Kernels"], pathExtension: "cl", type: "KernelSources")],
        "AttendModels": [
            Texts(folders: ["Sources/AttendModels/Presets/Files"], pathExtension: "json", type: "PresetFiles"),
            Texts(
                folders: ["Examples/Creature", "Examples/CrossAttention"], pathExtension: "json", type: "ExampleTexts"),
            Texts(
                folders: ["Examples/Creature"], pathExtension: "safetensors", type: "ExampleWeights", isBinary: true)
        ]
    ]

    private static let script = """
        output="$1"; type="$2"; extension="$3"; binary="$4"; shift 4
        {
            printf 'enum %s {\\n    static let texts: [String: String] = [\\n' "$type"
            for file; do
                name="$(basename "$file" ".$extension")"
                printf '        "%s": ####\"\"\"\\n' "$name"
                if [ "$binary" = yes ]; then od -An -v -tx1 "$file" | tr -d ' \\n'; else cat "$file"; fi
                printf '\\n\"\"\"####,\\n'
            done
            printf '    ]\\n}\\n'
        } > "$output"
        """

    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        try (Self.texts[target.name] ?? []).map { texts in
            let files = try texts.folders.flatMap { folder in
                try FileManager.default.contentsOfDirectory(
                    at: context.package.directoryURL.appending(path: folder), includingPropertiesForKeys: nil)
            }
            .filter { $0.pathExtension == texts.pathExtension }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
            let embedded = context.pluginWorkDirectoryURL.appending(path: "\(texts.type).swift")
            let arguments = [
                "-c", Self.script, "embed", embedded.path(percentEncoded: false), texts.type, texts.pathExtension,
                texts.isBinary ? "yes" : "no"
            ]
            return .buildCommand(
                displayName: "Embedding \(texts.type)",
                executable: URL(filePath: "/bin/sh"),
                arguments: arguments + files.map { $0.path(percentEncoded: false) },
                inputFiles: files,
                outputFiles: [embedded]
            )
        }
    }
}
