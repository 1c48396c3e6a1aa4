import AttendModels
import AttendRuntime
import Foundation

/// The resolution of a model's name: a folder, a model in the cache, which `make demo` fills, or one in the cache of
/// Hugging Face's hub.
enum ModelPlace {
    /// The folder of downloaded models; nil if the system has no place for caches.
    static var cache: String? { CacheFolder.path { Terminal.variable($0) } }

    /// The folder of a path; for a bare name that is not a folder here, the cache's folder of that name.
    ///
    /// - Throws: ``ModelNotFound`` for a bare name that is neither, and for a path that does not exist; `FileError` for
    ///   an inaccessible path.
    static func folder(_ name: String) throws -> String {
        guard !name.isEmpty else { throw ModelNotFound(name: name, isFile: false, cache: nil, known: []) }
        if FileKind.isFolder(name) { return name }
        if name.contains("/") {
            if try InputFile.isPresent(name) {
                throw FileError(path: name, reason: "is a file; name the model's folder")
            }
            if let kept = kept(name) { return kept }
            throw ModelNotFound(name: name, isFile: false, cache: nil, known: known)
        }
        if let kept = kept(name) { return kept }
        throw ModelNotFound(name: name, isFile: exists(name), cache: cache, known: known)
    }

    /// The model of a name, with its warnings on stderr.
    ///
    /// - Parameter dtype: The floating-point type to compute in.
    /// - Throws: As ``folder(_:)``; errors of loading.
    static func load(_ name: String, dtype: DType) throws -> LoadedModel {
        try load(folder: folder(name), dtype: dtype)
    }

    /// The model of a folder, with its warnings on stderr.
    ///
    /// - Parameter dtype: The floating-point type to compute in.
    /// - Throws: Errors of loading.
    static func load(folder: String, dtype: DType) throws -> LoadedModel {
        let model = try LoadedModel(folder: folder, dtype: dtype)
        for warning in model.warnings { Terminal.log("attend: warning: \(warning)") }
        return model
    }

    /// The cache's folder of a bare name, else the hub's of a name or of OWNER/NAME; nil if there is none.
    static func kept(_ name: String) -> String? {
        guard !name.isEmpty, name != ".", name != ".." else { return nil }
        if !name.contains("/"), let cache {
            let folder = "\(cache)/\(name)"
            if FileKind.isFolder(folder), isModel(folder) { return folder }
        }
        return HubCache.snapshot(of: name)
    }

    /// A file or folder of this path, else the cache's folder of a bare name.
    ///
    /// - Throws: As ``folder(_:)`` for a name that is neither, unless it has a file name extension.
    static func fileOrFolder(_ name: String) throws -> String {
        if try InputFile.isPresent(name) { return name }
        let isFile = [".json", ".safetensors"].contains { name.hasSuffix($0) }
        return try isFile ? kept(name) ?? name : folder(name)
    }

    /// The names of the models in the cache.
    static var known: [String] {
        guard let cache, let names = try? FileManager.default.contentsOfDirectory(atPath: cache) else { return [] }
        return names.filter { isModel("\(cache)/\($0)") }.sorted()
    }

    static func exists(_ path: String) -> Bool { !path.isEmpty && FileManager.default.fileExists(atPath: path) }

    /// Whether a cache folder is a model; others contain kernels and measurements.
    static func isModel(_ folder: String) -> Bool {
        ["config.json", "modules.json"].contains { exists("\(folder)/\($0)") }
    }
}

/// A model's bare name that is neither a folder here nor in the cache.
struct ModelNotFound: Error, CustomStringConvertible {
    let name: String
    /// Whether a file of this name exists here.
    let isFile: Bool
    let cache: String?
    let known: [String]

    var description: String {
        guard !name.isEmpty else { return "the model's name is empty; name its folder" }
        let place = name.contains("/") ? name : "./\(name)"
        let here = isFile ? "\(place) is not a folder" : "there is no folder \(place)"
        let there = cache.map { ", and no model \($0)/\(name)" } ?? ""
        let hint = Nearest.hint(for: name, among: known)
        let kept = known.isEmpty ? "" : " (the cache has \(known.joined(separator: ", ")))"
        return "model \"\(name)\": \(here)\(there)\(kept)\(hint.isEmpty ? "; " : "\(hint) Else ")"
            + "name its folder, or fetch all-MiniLM-L6-v2 with `make demo`"
    }
}
