import AttendParity
import AttendRuntime
import TestSupport
import Testing

/// The order of cases, and failures that depend on it.
@Suite struct OrderTests {
    private static let subject = "add[lhs=17,rhs=17,seed=2]"

    /// A failure after these cases in one process, by a fault of additions after sines.
    private func failing(after names: [String]) throws -> CaseResult {
        let run = ParityRun(backends: [FaultyBackend(simd, SequenceFault(after: "sin"))])
        var result = try #require(try run.report(on: (names + [Self.subject]).map(named)).results.last)
        result.predecessors = try names.map(named)
        if case .failed = result.outcome.verdict {} else { Issue.record("\(Self.subject) does not fail") }
        return result
    }

    private static func others(_ count: Int, _ operation: String = "cos") -> [String] {
        (0..<count).map { "\(operation)[shape=\(3 + $0),seed=2]" }
    }

    @Test(arguments: [0, 1, 4, 20, 62])
    func `the cases that a failure depends on are found among those before it`(distance: Int) throws {
        let cause = "sin[shape=5,seed=1]"
        let result = try failing(after: Self.others(1) + [cause] + Self.others(distance))
        var (search, runs) = (OrderSearch(), 0)
        let rerun = search.rerun(result) { cases -> CaseResult? in
            runs += 1
            let wrong = FaultyBackend(simd, SequenceFault(after: "sin"))
            return ParityRun(backends: [wrong]).report(on: cases).results.last
        }
        guard case .failsAfter(let cases) = rerun else {
            Issue.record("\(String(describing: rerun))")
            return
        }
        #expect(try cases.contains(named(cause)))
        #expect(cases.count <= max(1, (distance + 2) / 2), "\(cases.count)")
        #expect(runs <= 1 + OrderSearch.runLimit)
    }

    @Test func `a failure that nothing reproduces is said to be one, and few are searched`() throws {
        let result = try failing(after: ["sin[shape=5,seed=1]"] + Self.others(80))
        var (search, runs) = (OrderSearch(), 0)
        func rerun() -> CaseRerun? {
            search.rerun(result) { cases -> CaseResult? in
                runs += 1
                return ParityRun(backends: [simd]).report(on: cases).results.last
            }
        }
        #expect(rerun() == .notReproduced(predecessors: 81))
        #expect(runs <= 1 + OrderSearch.runLimit + 1)
        for _ in 1..<OrderSearch.searchLimit { _ = rerun() }
        #expect(rerun() == .passes)
        let wrong = FaultyBackend(simd, ResultFault("add") { values, _ in values[0] += 1 })
        let fails = search.rerun(result) { cases -> CaseResult? in
            ParityRun(backends: [wrong]).report(on: cases).results.last
        }
        #expect(fails == .fails)
    }

    @Test func `the report has the command that replays the sequence`() throws {
        var run = ParityRun(backends: [FaultyBackend(simd, SequenceFault(after: "sin"))])
        run.replayForm = .command()
        var report = try run.report(on: [named("sin[shape=5,seed=1]"), named(Self.subject)])
        try #require(report.failures.count == 1)
        report.note(rerun: .failsAfter([try named("sin[shape=5,seed=1]")]), ofFailure: 0)
        let command = "attend parity --backend simd --jobs 1 --case 'sin[shape=5,seed=1]' --case '\(Self.subject)'"
        #expect(report.failures[0].sequenceReplay == command)
        #expect(report.table.contains("  sequence: \(command)\n"))
        #expect(report.groups.map(\.passesAlone) == [true])
        let alone = try JSONNode(report.json).required("failures").elements()[0].required("alone")
        #expect(try alone.required("passes").bool())
        #expect(try alone.required("fails_after").elements().count == 1)
        report.note(rerun: .notReproduced(predecessors: 64), ofFailure: 0)
        #expect(report.table.contains("alone: passes; not reproduced by the 64 cases before it"))
        #expect(report.failuresToShrink(atMost: 9).isEmpty)
    }

    // MARK: Likely faults first

    @Test func `an order changes nothing else, and small cases of each dimension come early`() throws {
        for operation in ["softmax", "matmul", "attention", "gather"] {
            let cases = CaseCatalog.cases(of: operation, CaseSelection())
            let ordered = CaseOrder.likelyFirst(cases)
            #expect(ordered.count == cases.count)
            #expect(Set(ordered) == Set(cases))
            let early = try ordered.prefix(cases.count / 2).map { try $0.build().graph }
            let late = try ordered.suffix(cases.count / 8).map { try $0.build().graph }
            #expect(mean(early) < mean(late), "\(operation)")
        }
    }

    private func mean(_ graphs: [Graph]) -> Int {
        let sizes = graphs.flatMap { graph in graph.values.map { $0.type.concreteShape?.reduce(1, *) ?? 0 } }
        return sizes.reduce(0, +) / max(1, graphs.count)
    }

    @Test func `with little time, every operation has its turn first`() throws {
        let cases = CaseCatalog.cases(CaseSelection(isQuick: true))
        let ordered = CaseOrder.acrossOperations(cases)
        #expect(Set(ordered) == Set(cases))
        #expect(ordered.count == cases.count)
        let operations = ordered.map(\.operation)
        #expect(Array(operations.prefix(CaseCatalog.operations.count)) == CaseCatalog.operations)
    }

    @Test func `a run ends when its time is used, and says how far it came`() throws {
        let cases = try Self.others(5).map(named)
        let run = ParityRun(backends: [simd])
        let none = run.report(on: cases, within: .zero)
        #expect(none.results.isEmpty)
        #expect(!none.passes)
        #expect(none.table.contains("ran 0 of 5 cases in 0.0 s"), "\(none.table)")
        let all = run.report(on: cases, within: .seconds(600))
        #expect(all.results.count == 5)
        #expect(all.table.contains("ran 5 of 5 cases in 600.0 s"), "\(all.table)")
        #expect(try JSONNode(all.json).required("cases").required("selected").integer() == 5)
    }

    // MARK: Progress in logs

    @Test func `a log gets few lines`() throws {
        var log = ProgressLog()
        let subject = try named(Self.subject)
        func line(_ index: Int, _ failures: Int, at seconds: Int) -> String? {
            let step = ParityRun.Progress(subject: subject, index: index, count: 7126, failures: failures)
            return log.line(step, at: .seconds(seconds))
        }
        #expect(line(7000, 0, at: 14) == nil)
        #expect(line(700, 0, at: 20) == nil, "less than a tenth")
        #expect(line(2300, 1, at: 40) == "parity: 2,300 of 7,126 cases, 1 failure, 40 s")
        #expect(line(6000, 2, at: 50) == nil)
        #expect(line(2400, 2, at: 99) == nil)
        #expect(line(2401, 2, at: 100) == "parity: 2,401 of 7,126 cases, 2 failures, 100 s")
    }
}
