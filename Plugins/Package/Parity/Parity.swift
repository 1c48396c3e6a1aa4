import Foundation
import PackagePlugin

/// `swift package parity`: builds the program `attend` and runs its parity kit, with the same options as
/// `attend parity`. A library of this package that is named as the backend is built too and loaded.
@main
struct Parity: CommandPlugin {
    func performCommand(context: PluginContext, arguments: [String]) async throws {
        let program = try build("attend", executable: true)
        var options = ["parity"] + arguments
        if !arguments.contains(where: { $0 == "--plugin" || $0.hasPrefix("--plugin=") }) {
            for name in backends(arguments) where isLibrary(name, of: context.package) {
                options += ["--plugin", try build(name, executable: false).path(percentEncoded: false)]
            }
        }
        let process = Process()
        process.executableURL = program
        process.arguments = options
        try process.run()
        process.waitUntilExit()
        // SwiftPM tells this code and ends with 1 itself.
        if process.terminationReason == .uncaughtSignal {
            throw Failure("attend was ended by signal \(process.terminationStatus)")
        }
        if process.terminationStatus != 0 { exit(process.terminationStatus) }
    }

    /// What is named by `--backend`, which is repeatable and takes lists.
    private func backends(_ arguments: [String]) -> [String] {
        var (lists, isNext) = ([String](), false)
        for argument in arguments {
            if isNext { lists.append(argument) }
            isNext = argument == "--backend"
            if argument.hasPrefix("--backend=") { lists.append(String(argument.dropFirst("--backend=".count))) }
        }
        return lists.flatMap { $0.split(separator: ",").map(String.init) }
    }

    private func isLibrary(_ name: String, of package: Package) -> Bool {
        package.products.contains { $0.name == name && ($0 as? LibraryProduct)?.kind == .dynamic }
    }

    private func build(_ product: String, executable: Bool) throws -> URL {
        var parameters = PackageManager.BuildParameters()
        parameters.configuration = .release
        let result = try packageManager.build(.product(product), parameters: parameters)
        guard result.succeeded else { throw Failure("\(product) can't be built:\n\(result.logText)") }
        let kind: PackageManager.BuildResult.BuiltArtifact.Kind = executable ? .executable : .dynamicLibrary
        let built = result.builtArtifacts.filter { $0.kind == kind }
        guard let artifact = built.first(where: { $0.url.lastPathComponent.contains(product) }) else {
            throw Failure(
                "building \(product): expected it among the artifacts, found "
                    + "\(result.builtArtifacts.map(\.url.lastPathComponent))")
        }
        return artifact.url
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }
}
