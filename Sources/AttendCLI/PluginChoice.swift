import ArgumentParser
import AttendPlugin
import AttendRegistry

/// The plug-ins that add backends to the built-in ones.
struct PluginChoice: ParsableArguments {
    @Option(
        name: .customLong("plugin"),
        help: ArgumentHelp(
            "A backend library with its manifest beside it. Repeatable; ATTEND_PLUGINS lists more, as absolute paths.",
            valueName: "path"), completion: .file())
    var plugins: [String] = []

    func registry() throws -> BackendRegistry { try BackendRegistry.withPlugins(plugins) }
}

extension PluginError {
    var exitCode: Int32 {
        switch self {
        case .bareName, .relativePath: Exit.usage
        case .unreadable, .notALibrary, .cutOff, .noManifest, .badManifest: Exit.badFile
        default: Exit.unavailable
        }
    }
}
