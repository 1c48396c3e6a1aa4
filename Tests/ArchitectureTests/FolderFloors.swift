import Foundation
import Testing

/// The folders of the core's modules have an order, and a file names types of its own folder and those below it alone.
///
/// Types are found by their names, read off the text: `struct Graph` in `Graph/Graph.swift` is a type of `Graph`.
@Suite struct FolderFloors {
    /// By module, from the lowest folder up. A module's own files are in the folder "".
    private static let floors: [String: [String]] = [
        "AttendGraph": [
            "Text", "Tensors", "Sizes", "Files", "Operations", "Graph", "Composites", "GraphFiles", "Rewriting",
            "Captures", "Passes"
        ],
        "AttendRuntime": ["Planning", "Placing", "Running", "Profiling"]
    ]

    private struct Source {
        let path: String
        let floor: Int
        let text: String
    }

    private static func sources(of module: String) throws -> [Source] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/\(module)")
        let floors = try #require(Self.floors[module])
        let enumerator = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        var sources: [Source] = []
        for case let file as URL in try #require(enumerator) where file.pathExtension == "swift" {
            let path = String(file.path.dropFirst(root.path.count + 1))
            let folder = path.split(separator: "/").dropLast().first.map(String.init)
            // Exports.swift of a module is above all.
            let floor = try folder.map { try #require(floors.firstIndex(of: $0), "\(path) has no floor") }
            sources.append(
                Source(
                    path: path, floor: floor ?? floors.count,
                    text: try code(String(contentsOf: file, encoding: .utf8))))
        }
        return sources
    }

    /// Without comments and texts in quotes.
    private static func code(_ text: String) -> String {
        text.replacing(#/"""[\s\S]*?"""/#, with: "").split(separator: "\n").map { line in
            line.replacing(#/"(\\.|[^"\\])*"/#, with: "").replacing(#/\/\/.*/#, with: "")
        }.joined(separator: "\n")
    }

    /// Types that a file declares at its top level and shows to other files.
    private static func declarations(in text: String) -> [String] {
        let declaration =
            #/^(?:@\S+ )*(?:(?:public|package|internal|final|indirect) )*(?:struct|class|enum|protocol|actor|typealias) (\w+)/#
        return text.split(separator: "\n").compactMap { $0.firstMatch(of: declaration).map { String($0.1) } }
    }

    @Test(arguments: floors.keys.sorted()) func `a folder names no type of a folder above it`(module: String) throws {
        let sources = try Self.sources(of: module)
        #expect(Set(sources.map(\.floor)).count >= Self.floors[module]?.count ?? 1)
        var owners: [String: Int] = [:]
        for source in sources {
            for name in Self.declarations(in: source.text) { owners[name] = min(owners[name] ?? .max, source.floor) }
        }
        #expect(owners.count > 30)
        for source in sources {
            let words = Set(source.text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init))
            for word in words.sorted() {
                guard let owner = owners[word], owner > source.floor else { continue }
                Issue.record("\(module)/\(source.path) names \(word) of \(Self.floors[module]?[owner] ?? "")")
            }
        }
    }
}
