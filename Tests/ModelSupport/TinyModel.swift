package import AttendRuntime
private import Foundation
private import TestSupport

/// A sentence-transformers folder of a few kilobytes, to be edited by a test. It goes when the test is done with it.
package final class TinyModel: Sendable {
    private let folder: TemporaryFolder
    package var path: String { folder.path }

    /// The base folder with other files.
    ///
    /// - Parameters:
    ///   - files: Contents by name; nil takes a file away.
    ///   - weights: The same for files of weights.
    package init(files: [String: JSONValue?] = [:], weights: [String: TinyWeights?] = [:]) throws {
        folder = try TemporaryFolder()
        let base = try ModelCase.base
        for (name, content) in base.files.mapValues(Optional.some).merging(files, uniquingKeysWith: { $1 }) {
            if let content { try write(content, name) }
        }
        for (name, content) in base.weights.mapValues(Optional.some).merging(weights, uniquingKeysWith: { $1 }) {
            if let content { try write(content, name) }
        }
    }

    /// A folder with these files alone.
    package init(bare files: [String: JSONValue]) throws {
        folder = try TemporaryFolder()
        for (name, content) in files { try write(content, name) }
    }

    package func write(_ content: JSONValue, _ name: String) throws { try write(content.serialized(), name) }

    package func write(_ text: String, _ name: String) throws {
        try OutputFile.write(Array(text.utf8), to: place(name))
    }

    package func write(_ weights: TinyWeights, _ name: String) throws { try weights.write(to: place(name)) }

    /// Sets keys of a JSON file, or takes them away.
    package func edit(_ name: String, _ changes: [String: JSONValue?]) throws {
        let path = "\(path)/\(name)"
        var members: [JSONValue.Member] = []
        if FileManager.default.fileExists(atPath: path),
            case .object(let known) = try JSONValue(parsing: InputFile.contents(of: path))
        {
            members = known.filter { changes[$0.key] == nil }
        }
        for (key, value) in changes.sorted(by: { $0.key < $1.key }) {
            if let value { members.append(.init(key, value)) }
        }
        try write(.object(members), name)
    }

    package func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }

    /// A file's place, in a folder that is there.
    private func place(_ name: String) throws -> String {
        let place = "\(path)/\(name)"
        let folder = (place as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return place
    }
}
