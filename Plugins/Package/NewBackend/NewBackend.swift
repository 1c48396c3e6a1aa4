import Foundation
import PackagePlugin

/// `swift package new-backend NAME`: writes a folder with a backend in it that builds, computes one operation and
/// passes parity on it.
@main
struct NewBackend: CommandPlugin {
    private static let help = """
        USAGE: swift package --allow-writing-to-package-directory new-backend NAME
                   [--language swift|c] [--output FOLDER]

        Creates a backend for Attend, selected by --backend NAME: a package in Swift, one file in C.

          --language  swift (the default) or c
          --output    the folder to create; it must not exist. Default: NAME, in this package's folder.
                      Elsewhere SwiftPM may also require --allow-writing-to-directory.
        """

    func performCommand(context: PluginContext, arguments: [String]) async throws {
        if arguments.contains("--help") || arguments.contains("-h") { return print(Self.help) }
        do {
            let attend = try AttendPackage(context.package)
            let backend = try RequestedBackend(arguments, in: context.package, attend: attend)
            let files = try backend.isInC ? Templates.c(backend, attend) : Templates.swift(backend, attend)
            try write(files, to: backend.folder)
            for file in files { print("wrote \(backend.shownFolder)/\(file.path)") }
            print("\n" + Templates.nextSteps(backend))
        } catch let error as Complaint {
            Diagnostics.error(error.description)
        }
    }

    /// All or nothing: the folder appears when it is whole.
    private func write(_ files: [NewFile], to folder: URL) throws {
        let manager = FileManager.default
        let partial = folder.appendingPathExtension("partial-\(ProcessInfo.processInfo.processIdentifier)")
        do {
            for file in files {
                let place = partial.appending(path: file.path)
                try manager.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(file.text.utf8).write(to: place)
            }
            try manager.moveItem(at: partial, to: folder)
        } catch {
            try? manager.removeItem(at: partial)
            throw Complaint("\(folder.path(percentEncoded: false)) can't be written: \(error.localizedDescription)")
        }
    }
}

struct NewFile {
    /// In the new folder.
    let path: String
    let text: String
}

/// What is wrong with the command, for people.
struct Complaint: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
