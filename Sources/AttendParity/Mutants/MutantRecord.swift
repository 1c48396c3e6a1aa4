import AttendRuntime
import Foundation

/// What became of one mutant.
package struct MutantOutcome: Codable, Sendable {
    package let number: Int
    /// The case that found it; nil for a survivor.
    package var killer: String?
    /// Whether that is a case of the quick selection.
    package var isKilledByQuick = false
    /// The steps that the mutant went through.
    var stage = Stage.cases
    /// For a survivor, the number of the first random request in which it gives other bits; 0 for none, −1 where larger
    /// or other requests would show it; nil if it was not judged.
    package var shownBy: Int?

    enum Stage: Int, Codable {
        /// The cases of its operation, the graphs, the random requests.
        case cases, graphs, requests
    }

    init(number: Int) { self.number = number }
}

/// The outcomes so far, kept in a file so that a run can go on after an interruption.
struct MutantRecord {
    private struct Contents: Codable {
        var version = 1
        var seed: Int
        var outcomes: [MutantOutcome]
    }

    private(set) var outcomes: [Int: MutantOutcome] = [:]
    private(set) var failure: (any Error)?
    private let seed: Int
    private let file: URL?

    /// - Throws: `FileError` for a file that is no record, or one with another seed.
    init(count: Int, seed: Int, file: URL?) throws {
        (self.seed, self.file) = (seed, file)
        guard let file, FileManager.default.fileExists(atPath: file.path) else { return }
        let contents: Contents
        do {
            contents = try JSONDecoder().decode(Contents.self, from: Data(contentsOf: file))
        } catch {
            throw FileError(
                path: file.path, reason: "expected a record of mutants in JSON; remove it or name another file")
        }
        guard contents.version == 1, contents.seed == seed else {
            throw FileError(
                path: file.path,
                reason: "expected a record of version 1 and seed \(seed), found version \(contents.version) and "
                    + "seed \(contents.seed); name another file")
        }
        outcomes = Dictionary(contents.outcomes.filter { $0.number < count }.map { ($0.number, $0) }) { $1 }
    }

    mutating func add(_ more: [MutantOutcome]) {
        for outcome in more { outcomes[outcome.number] = outcome }
        guard failure == nil else { return }
        do {
            try save()
        } catch {
            failure = error
        }
    }

    /// Writes the record under another name, and renames it.
    func save() throws {
        guard let file else { return }
        let contents = Contents(seed: seed, outcomes: outcomes.values.sorted { $0.number < $1.number })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try encoder.encode(contents).write(to: file, options: .atomic)
    }
}
