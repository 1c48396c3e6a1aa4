import Foundation
import PackagePlugin

/// The arguments of `new-backend`, checked.
struct RequestedBackend {
    /// As `--backend` takes it.
    let name: String
    let isInC: Bool
    let folder: URL
    /// The folder as people see it.
    let shownFolder: String

    init(_ arguments: [String], in package: Package, attend: AttendPackage) throws {
        var extractor = ArgumentExtractor(arguments)
        let languages = extractor.extractOption(named: "language")
        let outputs = extractor.extractOption(named: "output")
        let rest = extractor.remainingArguments
        if let unknown = rest.first(where: { $0.hasPrefix("-") }) {
            throw Complaint("unknown option \(unknown); new-backend --help lists the options")
        }
        guard rest.count == 1, let name = rest.first else {
            throw Complaint(
                "expected one name, found \(rest.isEmpty ? "none" : rest.joined(separator: " ")): "
                    + "swift package --allow-writing-to-package-directory new-backend abacus")
        }
        let language = languages.last ?? "swift"
        guard ["swift", "c"].contains(language) else {
            throw Complaint("--language: expected swift or c, found \"\(language)\"")
        }
        try Self.check(name, attend)
        self.name = name
        isInC = language == "c"
        shownFolder = outputs.last ?? name
        folder =
            URL(filePath: shownFolder, directoryHint: .isDirectory, relativeTo: package.directoryURL)
            .standardizedFileURL
        guard !FileManager.default.fileExists(atPath: folder.path(percentEncoded: false)) else {
            throw Complaint("\(shownFolder) already exists; nothing was written. Choose another folder with --output")
        }
    }

    /// As in a manifest, and nobody else's: two products or modules of one name can't be built together.
    private static func check(_ name: String, _ attend: AttendPackage) throws {
        guard name.wholeMatch(of: #/[a-z][a-z0-9_-]{0,39}/#) != nil, name.last != "-", name.last != "_" else {
            throw Complaint(
                "NAME: expected up to 40 of a-z, 0-9, _ and -, a letter first, no _ or - last, found \"\(name)\"")
        }
        let taken = Set(attend.names + attend.backendNames)
        for candidate in [name, name.camelCase + "Plugin"] where taken.contains(candidate) {
            throw Complaint("the name \"\(name)\" is taken: Attend already has \(candidate)")
        }
    }
}

extension String {
    /// `my-backend` as `MyBackend`.
    var camelCase: String {
        split { $0 == "-" || $0 == "_" }.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}

/// The package that this plug-in belongs to, as the root sees it.
struct AttendPackage {
    let folder: URL
    /// As a dependency's products name it.
    let identity: String
    /// Its products and targets.
    let names: [String]
    /// Built-in backends, and names with a meaning of their own.
    let backendNames: [String]
    private let origin: PackageOrigin

    init(_ root: Package) throws {
        func isAttend(_ package: Package) -> Bool { package.products.contains { $0.name == "AttendPlugin" } }
        let candidates = [root] + root.dependencies.map(\.package)
        guard let package = candidates.first(where: isAttend) else {
            throw Complaint("neither this package nor any of its dependencies is Attend")
        }
        folder = package.directoryURL
        identity = package.id
        names = package.products.map(\.name) + package.targets.map(\.name)
        origin = package.origin
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: folder.appending(path: "Backends").path(percentEncoded: false))
        backendNames = folders.map { $0.lowercased() } + ["naive", "auto"]
    }

    /// How a package in `folder` depends on this one: by its place, or by the address and version that the root uses.
    func dependency(from folder: URL) -> String {
        guard case .repository(let url, let version, let revision) = origin else {
            return #".package(path: "\#(path(from: folder))")"#
        }
        guard version.wholeMatch(of: #/[0-9]+\.[0-9]+\.[0-9]+.*/#) != nil else {
            return #".package(url: "\#(url)", revision: "\#(revision)")"#
        }
        return #".package(url: "\#(url)", from: "\#(version)")"#
    }

    /// With dots where the folder lies inside of this package, so that both can be moved together; else as it is.
    private func path(from other: URL) -> String {
        let (mine, theirs) = (folder.standardizedFileURL.pathComponents, other.pathComponents)
        guard theirs.starts(with: mine) else { return folder.path(percentEncoded: false) }
        return Array(repeating: "..", count: theirs.count - mine.count).joined(separator: "/")
    }
}
