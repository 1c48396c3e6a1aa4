private import AttendBackend
private import Foundation

/// The manifest beside a library, such as `libminimal.json` beside `libminimal.so`: read before any code of the library
/// runs.
///
/// ```json
/// {
///   "attend_plugin": 1,
///   "name": "minimal",
///   "version": "1.0.0",
///   "summary": "every primitive in plain C",
///   "needs": {"abi": "1.0", "libraries": ["libm.so.6"], "remedy": "apt-get install libc6"}
/// }
/// ```
///
/// `summary`, `libraries` and `remedy` are optional.
public struct PluginManifest: Sendable, Hashable {
    /// The backend's name, as accepted by `--backend`.
    public var name: String
    /// The plug-in's version, any single line.
    public var version: String
    /// A one-line description for listings.
    public var summary: String
    /// The minimum version of attend_backend.h that the host must support.
    public var needs: ABIVersion
    /// Required libraries, for error messages.
    public var libraries: [String]
    /// Instructions for installing them, for error messages.
    public var remedy: String?

    /// Path of a library's manifest: beside the library, or in a resource folder beside it, where SwiftPM puts the
    /// resources of a target declared as `resources: [.copy("libminimal.json")]`. If there is none, the path beside the
    /// library.
    ///
    /// - Throws: ``PluginError/badManifest(path:reason:)`` if two resource folders contain one.
    public static func path(besides library: String) throws(PluginError) -> String {
        let start = library.lastIndex(of: "/").map { library.index(after: $0) } ?? library.startIndex
        let end = library[start...].lastIndex(of: ".") ?? library.endIndex
        let (folder, name, beside) = (library[..<start], library[start..<end] + ".json", library[..<end] + ".json")
        if try isPresent(String(beside)) { return String(beside) }
        // A folder that can't be listed may still hold a loadable library; its manifest is then expected beside it.
        let entries =
            (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : String(folder))) ?? []
        var found: [String] = []
        for entry in entries.sorted() {
            var places: [String] = []
            if entry.hasSuffix(".resources") { places = ["\(folder)\(entry)/\(name)"] }
            if entry.hasSuffix(".bundle") {
                places = ["\(folder)\(entry)/\(name)", "\(folder)\(entry)/Contents/Resources/\(name)"]
            }
            for place in places where try isPresent(place) { found.append(place) }
        }
        guard found.count < 2 else {
            throw .badManifest(
                path: found[0], reason: "ambiguous manifest: \(found[1]) exists too, and none is beside the library")
        }
        return found.first ?? String(beside)
    }

    /// Whether the file exists. A manifest that exists but can't be opened is an error.
    private static func isPresent(_ path: String) throws(PluginError) -> Bool {
        do {
            return try InputFile.ifPresent(path) != nil
        } catch {
            throw .badManifest(path: path, reason: "the manifest \(error.reason)")
        }
    }

    /// Reads a manifest.
    ///
    /// - Throws: ``PluginError/badManifest(path:reason:)`` for an invalid manifest, naming the key.
    init(path: String) throws(PluginError) {
        do {
            let bytes = try InputFile.contents(of: path, limit: 1 << 20)
            let root = JSONNode(try JSONValue(parsing: bytes))
            try PluginManifest.check(root, ["attend_plugin", "name", "version", "summary", "needs"])
            let format = try root.required("attend_plugin").integer()
            guard format == 1 else {
                throw PluginError.badManifest(path: path, reason: "attend_plugin: expected 1, found \(format)")
            }
            name = try root.required("name").string()
            version = try PluginManifest.line(root.required("version"))
            summary = try root.optional("summary").map(PluginManifest.line) ?? "a plug-in"
            let needs = try root.required("needs")
            try PluginManifest.check(needs, ["abi", "libraries", "remedy"])
            let abi = try needs.required("abi").string()
            libraries = try needs.optional("libraries")?.elements().map(PluginManifest.line) ?? []
            remedy = try needs.optional("remedy").map(PluginManifest.line)
            guard let version = ABIVersion(abi) else {
                throw PluginError.badManifest(
                    path: path,
                    reason: "needs.abi: expected MAJOR.MINOR such as \(ABIVersion.host), found "
                        + "\"\(ShownText.cleaned(abi))\"")
            }
            self.needs = version
        } catch let error as FileError {
            throw .badManifest(path: path, reason: "the manifest \(error.reason)")
        } catch let error as PluginError {
            throw error
        } catch {
            throw .badManifest(path: path, reason: ShownText.cleaned("\(error)"))
        }
        guard PluginManifest.isName(name) else {
            throw .badManifest(
                path: path,
                reason: "name: expected a-z, 0-9, _ and - with a letter first, found \"\(ShownText.cleaned(name))\"")
        }
    }

    private static func check(_ node: JSONNode, _ known: [String]) throws {
        for (key, child) in try node.members() where !known.contains(key) {
            throw UnknownKey(path: child.path, hint: Nearest.hint(for: key, among: known))
        }
    }

    /// A single line without control characters.
    private static func line(_ node: JSONNode) throws -> String {
        let text = try node.string()
        guard ShownText.isClean(text) else { throw OddText(path: node.path, text: text) }
        return text
    }

    private struct OddText: Error, CustomStringConvertible {
        let path: String
        let text: String

        var description: String { "\(path): expected a line without control characters, found \"\(text)\"" }
    }

    private struct UnknownKey: Error, CustomStringConvertible {
        let path: String
        let hint: String

        var description: String { "unknown manifest key \(path)\(hint)" }
    }

    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
        }
    }
}
