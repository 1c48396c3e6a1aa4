import Foundation
import Synchronization
import TestSupport
import Testing

/// Counts the issues of one task in the place of recording them.
private final class IssueCount: Sendable {
    @TaskLocal static var current: IssueCount?
    private let count = Mutex(0)

    static func of(_ body: () throws -> Void) rethrows -> Int {
        let counter = IssueCount()
        try $current.withValue(counter) { try body() }
        return counter.count.withLock(\.self)
    }

    @Sendable static func handle(_ issue: Issue) -> Issue? {
        guard let current else { return issue }
        current.count.withLock { $0 += 1 }
        return nil
    }
}

/// The expectations that other tests lean on can fail.
@Suite(.compactMapIssues(IssueCount.handle)) struct ExpectationTests {
    private static let far: [(what: String, found: [Float], expected: [Float])] = [
        ("nothing to compare", [], []), ("an empty result", [], [1]), ("a shorter result", [1, 2], [1, 2, 3]),
        ("a longer result", [1, 2, 3], [1, 2]), ("a number too far", [1, 2.1], [1, 2]),
        ("NaN for a number", [1, .nan, 3], [1, 2, 3]), ("a number for NaN", [1], [.nan]),
        ("NaN for NaN", [.nan], [.nan]),
        ("an infinity for a number", [.infinity], [1]), ("a number for an infinity", [3e38], [.infinity]),
        ("the other infinity", [-.infinity], [.infinity])
    ]

    @Test(arguments: far.indices) func `what is not near is an issue`(index: Int) {
        let example = Self.far[index]
        let count = IssueCount.of {
            expectNear(example.found, example.expected, within: 0.01, share: 0.01, example.what)
        }
        #expect(count == 1, "\(example.what)")
    }

    @Test func `what is near is none`() {
        expectNear([1, 2.0625, .infinity] as [Float], [1, 2, .infinity], within: 0.0625)
        expectNear([101.0], [100], within: 0, share: 0.01)
        expectNear([1, 2, 3].dropFirst(), [2.0, 3.0], within: 0)
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }
    private struct Other: Error {}

    @Test func `another error, none, and one of other words are issues`() {
        #expect(IssueCount.of { expectError(Failure.self, saying: "tired") { throw Other() } } == 1)
        #expect(IssueCount.of { expectError(Failure.self, saying: "tired") {} } == 1)
        let words = Failure(description: "tired")
        #expect(IssueCount.of { expectError(Failure.self, saying: "the disk", "tired") { throw words } } == 1)
        expectError(Failure.self, saying: "the disk", "tired") { throw Failure(description: "the disk is tired") }
    }

    @Test func `a folder goes with its owner`() throws {
        let path: String
        do {
            let folder = try TemporaryFolder()
            path = folder.path
            try folder.write("b", "two")
            try folder.write([1, 2], "one")
            #expect(try folder.files == ["one", "two"])
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
