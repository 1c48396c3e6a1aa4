import AttendParity
import AttendRuntime
import Foundation
import TestSupport
import Testing

/// Generated faults of the reference, and the requests by which their survivors are judged.
@Suite struct MutantTests {
    @Test func `a mutant depends on its seed and number alone`() throws {
        let some = MutantDraw.mutants(20, seed: 3)
        #expect(some.count == 20)
        #expect(MutantDraw.mutants(5, seed: 3).map(\.summary) == some.prefix(5).map(\.summary))
        #expect(MutantDraw.mutants(20, seed: 3, jobs: 2).map(\.summary) == some.map(\.summary))
        #expect(MutantDraw.mutants(20, seed: 4).map(\.summary) != some.map(\.summary))
        #expect(Set(some.map(\.operation)).count > 10)
        let named = try #require(PlantedFaults.fault(named: "mutant-3-7"))
        #expect(named.summary == some[7].summary)
        for name in ["mutant-3", "mutant-3-", "mutant-a-1", "mutant-3--1", "mutant-3-1-1"] {
            #expect(PlantedFaults.fault(named: name) == nil, "\(name)")
        }
        let all = MutantDraw.mutants(300, seed: 1)
        for family in MutantFamily.allCases { #expect(all.contains { $0.family == family }, "\(family)") }
    }

    @Test(.tags(.slow), .unlessFast) func `of a hundred mutants the quick cases find 85 and more`() throws {
        var test = MutantTest(count: 100, seed: 11)
        test.jobs = 2
        test.isQuick = true
        let score = try test.score()
        // Some of them change nothing.
        #expect(score.total.count >= 85)
        #expect(score.total.quick * 100 >= score.total.count * 85, "\(score.table)")
        #expect(score.table.contains("by the quick one"))
        #expect("\(score.json)".contains("mutants"))
    }

    @Test func `a mutant that only large cases show is found, after the repeated case too`() throws {
        // Elements from the 4,096th on; the case that repeats is before those that have so many.
        let mutant = try #require(PlantedFaults.fault(named: "mutant-1-689") as? Mutant)
        #expect(mutant.summary.contains("those from 4095 on"))
        let outcome = try #require(MutantRun.outcomes(of: [mutant], isQuick: false).first)
        #expect(outcome.killer != nil)
    }

    @Test func `a record is continued, and one of other mutants or of something else is an error`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mutants-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "record.json")
        var test = MutantTest(count: 2, seed: 11)
        (test.isQuick, test.judgesSurvivors, test.record) = (true, false, file)
        let first = try test.score()
        #expect(FileManager.default.fileExists(atPath: file.path))
        let ran = Parts()
        let second = try test.score { ran.add($0.operation) }
        #expect(first.total == second.total)
        #expect(ran.all.filter { $0 != "graphs" }.isEmpty)
        test.seed = 12
        expectError(FileError.self, saying: "seed 12") { try test.score() }
        try Data("{".utf8).write(to: file)
        expectError(FileError.self, saying: "expected a record of mutants") { try test.score() }
    }

    private final class Parts: @unchecked Sendable {
        private let lock = NSLock()
        private var names: [String] = []
        var all: [String] { lock.withLock { names } }
        func add(_ name: String) { lock.withLock { names.append(name) } }
    }
}
