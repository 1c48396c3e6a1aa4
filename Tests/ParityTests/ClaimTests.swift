import AttendParity
import AttendRuntime
import ReferenceBackend
import Synchronization
import TestSupport
import Testing

/// What a backend claims has to hold, and what it refuses has to be refused.
@Suite struct ClaimTests {
    private static let subject = "add[lhs=9x130,rhs=130,seed=61]"

    private func failure(_ manner: RefusingBackend.Manner) throws -> CaseFailure? {
        failures(in: ParityRun(backends: [RefusingBackend(simd, manner)]).report(on: [try named(Self.subject)])).first
    }

    @Test func `a refusal without a reason is a failure`() throws {
        let failure = try failure(.silent)
        #expect(failure?.kind == .falseRefusal)
        #expect(failure?.message.contains("add.v1 was reported unsupported without") ?? false)
    }

    @Test func `a refusal against the rules is a failure, whatever reason was found for it`() throws {
        let failure = try failure(.unruly)
        #expect(failure?.kind == .falseRefusal)
        #expect(
            failure?.message
                == "add.v1 was reported unsupported against the rules: it gave neither a kernel nor a reason")
    }

    @Test func `a refusal that does not hold is a failure`() throws {
        let failure = try failure(.fickle)
        #expect(failure?.kind == .falseRefusal)
        #expect(failure?.message.contains("prepared on the second request") ?? false)
    }

    @Test func `what is taken and can't be run is a failure`() throws {
        let failure = try failure(.boasting)
        #expect(failure?.kind == .error)
        #expect(failure?.message.contains("no float32 here") ?? false)
    }

    @Test func `what is claimed and touched by no case keeps a backend from passing, and is shown`() throws {
        let run = ParityRun(backends: [simd])
        var report = try run.report(on: [named("add[lhs=4,rhs=4,seed=1]"), named("add[lhs=4,rhs=4,dtype=int64,seed=1]")]
        )
        #expect(report.passes)
        #expect(report.issues.isEmpty)
        run.audit(["add"], in: &report)
        #expect(
            report.untouched("simd").map { "\($0.operation) \($0.dtype)" } == [
                "add float16", "add bfloat16", "add int32"
            ])
        #expect(!report.passes)
        #expect(report.issues == ["simd does not pass: no case covers 3 claims"])
        let names = "add on float16, add on bfloat16, add on int32"
        #expect(report.table.contains("UNTOUCHED: simd claims pairs that no case of this run covers: \(names)"))
    }

    @Test(.tags(.slow), .unlessFast, arguments: ["cast", "random", "iota", "gather", "attention", "where"])
    func `the cases of an operation touch all that backends claim of it`(operation: String) throws {
        let run = ParityRun(backends: [makeReference(), simd])
        var report = run.report(on: CaseCatalog.cases(of: operation, CaseSelection(seededCount: 0)))
        run.audit([operation], in: &report)
        #expect(report.passes, "\(report.table)")
        // The audit finds what the cases found, but for composites that ran in parts.
        let claims = report.claims.filter { $0.backend == "simd" && $0.isTouched }
        let isPrimitive = Primitive(rawValue: operation) != nil
        #expect(claims.contains { $0.isAudited })
        #expect((!isPrimitive || claims.allSatisfy { $0.isAudited }))
    }

    @Test func `issues are what the table prints, one for each case`() throws {
        let report = ParityRun(backends: [RefusingBackend(simd, .boasting)]).report(
            on: CaseCatalog.cases(of: "add", CaseSelection(isQuick: true, seededCount: 2)))
        #expect(report.issues.count == report.failures.count)
        #expect(report.issues.count > 3)
        let table = report.table(showingAll: true)
        for issue in report.issues {
            #expect(table.contains(issue))
            #expect(issue.contains("replay: try print(ParityRun("))
        }
        #expect(ParityRun(backends: []).report(on: []).issues == ["no backend was available"])
    }

    @Test func `an honest refusal is none, and is not passed either`() throws {
        let run = ParityRun(backends: [RefusingBackend(simd, .honest)])
        let report = try run.report(on: [
            named(Self.subject), named("multiply[lhs=4,rhs=4,seed=1]"), named("add[lhs=4,rhs=4,dtype=int64,seed=1]")
        ])
        #expect(report.failures.isEmpty)
        #expect(report.rows.map(\.unsupported) == [2, 0])
        #expect(
            report.claims.map { "\($0.operation) \($0.dtype) \($0.passed) \($0.refused)" } == [
                "add float32 0 1", "multiply float32 1 0", "add int64 0 1"
            ])
        #expect(report.table.contains("claims 1 of 3 pairs of operation and dtype"))
    }
}
