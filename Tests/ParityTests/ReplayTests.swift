import AttendParity
import AttendRuntime
import Testing

/// How a report says that a case is run again.
@Suite struct ReplayTests {
    private static let subject = "exp[shape=17,seed=2]"

    private func failing(_ change: (inout ParityRun) -> Void = { _ in }) throws -> ParityReport {
        let wrong = FaultyBackend(simd, ResultFault("exp") { values, _ in values[7] += 1 })
        var run = ParityRun(backends: [wrong])
        change(&run)
        return try run.report(on: [named(Self.subject)])
    }

    @Test func `a backend of one's own is run again by a line of Swift`() throws {
        let line =
            "try print(ParityRun(backends: [backend]).report(on: [ParityCase(parsing: \"\(Self.subject)\")]).table)"
        #expect(try failing().issues.first?.contains("replay: \(line)") ?? false)
        // The line is right: this is it.
        let backend = simd
        #expect(
            try ParityRun(backends: [backend]).report(on: [ParityCase(parsing: Self.subject)]).table.contains("passes"))
    }

    @Test func `the model is part of the line`() throws {
        let model = RoundingModel(precision: .bfloat16, flushesDenormals: true)
        let run = ParityRun(backends: [simd], model: model)
        let words = "model: RoundingModel(precision: .bfloat16, flushesDenormals: true)).report"
        #expect(try run.report(on: [named(Self.subject)]).results.first?.replay.contains(words) ?? false)
    }

    @Test func `a command's words are quoted where a shell would read them otherwise`() throws {
        let report = try failing { $0.replayForm = .command(options: ["--plugin", ShellWord.quoted("/a b/it's.so")]) }
        #expect(
            report.failures.first?.replay
                == "attend parity --backend simd --plugin '/a b/it'\\''s.so' --case '\(Self.subject)'")
        #expect(ShellWord.quoted("opencl:pthread-1") == "opencl:pthread-1")
        #expect(ShellWord.quoted("") == "''")
        #expect(ShellWord.quoted("$(rm)") == "'$(rm)'")
        #expect(ShellWord.quoted("é") == "'é'")
    }
}
