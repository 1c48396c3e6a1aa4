import AttendFuzz
import AttendRuntime
import Foundation
import Testing

/// What continuous integration fuzzes: the same cases every time. `make fuzz` runs many more, from a seed that is new each time.
@Suite struct FuzzRunTests {
    /// Below this share of files that get past parsing a fuzzer tests its parser and nothing else.
    private static let floor = 0.4

    /// Kinds of which a case takes 10 to 40 ms; one of the others takes less than 3.
    private static let slow: [FuzzKind] = [.model, .text, .preset, .words]

    @Test(arguments: [
        (FuzzKind.allCases.filter { !slow.contains($0) }, 150), (slow, 40)
    ]) func `mutated files of every kind are computed right or refused with a helpful word`(
        kinds: [FuzzKind], cases: Int
    ) throws {
        let named = kinds.flatMap { ["--kind", $0.rawValue] }
        let outcome = try FuzzProgram.run(named + ["--seed", "1", "--cases", "\(cases)", "--jobs", "2", "--json"])
        let report = try outcome.json
        for finding in try report.required("findings").elements() {
            let (message, replay) = (try finding.required("message").string(), try finding.required("replay").string())
            Issue.record("\(message)\n\(try finding.required("mutations").string())\n\(replay)")
        }
        #expect(outcome.code == 0, "\(outcome.errors)")
        let summaries = try report.required("kinds").elements()
        #expect(try summaries.map { try $0.required("kind").string() } == kinds.map(\.rawValue))
        for summary in summaries {
            let (name, share) = (try summary.required("kind").string(), try summary.required("read_share").number())
            print("of kind \(name), \(Int((100 * share).rounded())) % of the files get past parsing")
            #expect(share >= Self.floor, "of kind \(name), \(share) of the files get past parsing")
            #expect(try summary.required("cases").integer() == cases)
        }
    }

    @Test(arguments: FuzzKind.allCases) func `seeds run right as they are`(kind: FuzzKind) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "attend-fuzz-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try FuzzBench(kind).faultySeeds(in: folder) == [])
    }

    @Test func `the same seed makes the same cases`() throws {
        func made(_ seed: Int) throws -> [String] {
            let bench = try FuzzBench(.tokenizer)
            return (0..<50).map { bench.make(FuzzCase(.tokenizer, seed: seed, index: $0)).description }
        }
        let first = try made(3)
        #expect(try made(3) == first)
        #expect(try made(4) != first)
    }

    @Test func `a part of a case's mutations leaves the others as they are`() throws {
        let bench = try FuzzBench(.tokenizer)
        let whole = (0..<200).lazy.map { FuzzCase(.tokenizer, seed: 1, index: $0) }
        var subject = try #require(whole.first { bench.make($0).mutationCount > 1 })
        let all = bench.make(subject).description
        subject.kept = [0]
        #expect(all.hasPrefix(bench.make(subject).description + "; "))
        subject.kept = []
        #expect(bench.make(subject).description.isEmpty)
    }
}
