private import AttendBackend

/// The reason why a plug-in is unavailable. Every case names the library.
@nonexhaustive
public enum PluginError: Error, Sendable, Hashable {
    /// A name without a slash: libraries are loaded by path only, without a search.
    case bareName(String)
    /// A relative path from a source where it would depend on the working directory; `source` names it.
    case relativePath(String, source: String)
    /// A missing or unreadable file.
    case unreadable(path: String, reason: String)
    /// A file of another kind, described by `found`.
    case notALibrary(path: String, found: String)
    /// A library for another architecture.
    case otherArchitecture(path: String, found: String, expected: String)
    /// A truncated library, sizes in bytes.
    case cutOff(path: String, found: Int, expected: UInt64)
    /// A library without a manifest; `expected` is the manifest's file name.
    case noManifest(path: String, expected: String)
    /// An invalid manifest; here `path` is the manifest's.
    case badManifest(path: String, reason: String)
    /// A required interface version that this program does not support. `source` is the part of the plug-in that
    /// requires it.
    case newerVersion(path: String, source: String, needed: String, known: String)
    /// A name already used by another plug-in or a built-in backend, named by `by`.
    case nameTaken(name: String, path: String, by: String)
    /// A name with a special meaning for `--backend`.
    case reservedName(name: String, path: String, meaning: String)
    /// A library rejected by the dynamic linker; `remedy` is the manifest's.
    case notLoadable(path: String, reason: String, remedy: String?)
    /// A library that doesn't export the start function.
    case noSymbol(path: String, symbol: String)
    /// A start function that failed.
    case notStarted(path: String, reason: String)
    /// A function table of an implausible size, in bytes.
    case tableSize(path: String, found: UInt, expected: Int)
    /// A function or string of the table that must not be NULL.
    case missingEntry(path: String, entry: String, reason: String)
    /// A mismatch between the library and its manifest, or an impossible value.
    case contradiction(path: String, what: String, expected: String, found: String)
    /// A selector that matches no device.
    case noDevice(path: String, selector: String, known: [String])
    /// The selected device is unusable, or all are and none was selected; each with its flaw.
    case noUsableDevice(path: String, rejected: [String])
    /// The plug-in failed to make its backend.
    case notCreated(path: String, reason: String)
}

extension PluginError {
    /// The reason, without the path.
    public var reason: String {
        switch self {
        case .bareName(let name): "\"\(name)\" is not a path, and plug-ins have no search path"
        case .relativePath(_, let source): "\(source) accepts only absolute paths"
        case .unreadable(_, let reason): reason
        case .notALibrary(_, let found): "is not a shared library: found \(found)"
        case .otherArchitecture(_, let found, let expected): "is built for \(found), this program for \(expected)"
        case .cutOff(_, let found, let expected): "is truncated: found \(found) bytes, expected \(expected)"
        case .noManifest(_, let expected): "there is no manifest \(expected) beside it"
        case .badManifest(_, let reason): reason
        case .newerVersion(_, let source, let needed, let known):
            "\(source) requires version \(needed) of attend_backend.h, this program supports \(known)"
        case .nameTaken(let name, _, let by): "its name, \"\(name)\", is taken by \(by)"
        case .reservedName(let name, _, let meaning):
            "its name, \"\(name)\", is reserved: --backend uses it for \(meaning)"
        case .notLoadable(_, let reason, _): "can't be loaded: \(reason)"
        case .noSymbol(_, let symbol): "exports no \(symbol), so it is not an Attend plug-in"
        case .notStarted(_, let reason): "did not start: \(reason)"
        case .tableSize(_, let found, let expected):
            "its table is \(found) bytes long, expected \(expected) to \(SizedStructure.greatestSize)"
        case .missingEntry(_, let entry, let reason): "its table has NULL for \(entry): \(reason)"
        case .contradiction(_, let what, let expected, let found): "\(what): expected \(expected), found \(found)"
        case .noDevice(_, let selector, let known):
            known.isEmpty
                ? "it has no selectable devices, but \"\(selector)\" was requested"
                : "none of its devices matches \"\(selector)\"; known devices: \(known.joined(separator: ", "))"
        case .noUsableDevice(_, let rejected):
            (rejected.count == 1 ? "the device can't be used: " : "none of its devices can be used: ")
                + rejected.joined(separator: "; ")
        case .notCreated(_, let reason): "could not create its backend: \(reason)"
        }
    }

    /// A remedy.
    public var remedy: String {
        switch self {
        case .bareName(let name): "give a path, such as ./\(name)"
        case .relativePath(let path, _): "write \(path) as an absolute path"
        case .unreadable: "give the path of an existing library"
        case .notALibrary: "give the path of a library built with cc -shared"
        case .otherArchitecture: "build it for this architecture"
        case .cutOff: "build it or copy it again"
        case .noManifest:
            #"write {"attend_plugin": 1, "name": "NAME", "version": "1.0.0", "#
                + #""needs": {"abi": "\#(ABIVersion.host)"}} there, "#
                + "with the name and the version of its table, see attend_backend.h"
        case .badManifest: "correct the manifest, see attend_backend.h"
        case .newerVersion: "build it with this program's attend_backend.h, or update this program"
        case .nameTaken: "load only one of the two"
        case .reservedName: "rename it in its table and in its manifest"
        case .notLoadable(_, _, let remedy): remedy ?? "install the libraries that it needs"
        case .noSymbol: "export it, see attend_backend.h"
        case .noUsableDevice: "fix the device, or choose another"
        case .noDevice: "attend backends lists the devices"
        case .notStarted, .tableSize, .missingEntry, .contradiction, .notCreated: "report this to the plug-in's author"
        }
    }

    /// Path of the library, or of the manifest if that is at fault.
    public var path: String {
        switch self {
        case .bareName(let path), .relativePath(let path, _), .unreadable(let path, _), .notALibrary(let path, _),
            .otherArchitecture(let path, _, _), .cutOff(let path, _, _), .noManifest(let path, _),
            .badManifest(let path, _), .newerVersion(let path, _, _, _), .nameTaken(_, let path, _),
            .reservedName(_, let path, _), .notLoadable(let path, _, _), .noSymbol(let path, _),
            .notStarted(let path, _), .tableSize(let path, _, _), .missingEntry(let path, _, _),
            .contradiction(let path, _, _, _), .noDevice(let path, _, _), .noUsableDevice(let path, _),
            .notCreated(let path, _):
            path
        }
    }
}

extension PluginError: CustomStringConvertible {
    /// A single line with path, reason and remedy.
    public var description: String { "plug-in \(path): \(ErrorText.shortened(reason)); \(remedy)" }
}
