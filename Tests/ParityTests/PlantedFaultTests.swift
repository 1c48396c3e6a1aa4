import AttendParity
import AttendRegistry
import AttendRuntime
import Foundation
import ReferenceBackend
import TestSupport
import Testing

/// The kit finds what is planted.
@Suite struct PlantedFaultTests {
    private static let names = PlantedFaults.all.map(\.name)

    /// One seed here; ten unseen ones, on any backend, is `attend parity --self-test`.
    @Test(.tags(.slow), .unlessFast) func `every planted fault is caught, and nothing else is complained of`() throws {
        var test = try SelfTest(of: simd, seeds: [4711])
        (test.stopsAtFirstCatch, test.jobs) = (true, 2)
        let score = test.score()
        #expect(score.falseAlarms.isEmpty)
        // What simd refuses to compute, such as sums of 16-bit types, a fault can't change there.
        let idle = score.rows.filter { $0.acted == 0 }.map(\.fault)
        let missed = score.escaped.map(\.fault).filter { !idle.contains($0) }
        #expect(missed.isEmpty)
        #expect(idle.count < 12, "\(idle)")
        var rest = try SelfTest(of: makeReference(), seeds: [4711], faults: idle)
        rest.stopsAtFirstCatch = true
        let escaped = rest.score().escaped.map(\.fault)
        #expect(escaped.isEmpty)
        #expect(score.largeCaseCount > 0)
    }

    @Test func `the list is long, without doubles, and on its page`() throws {
        #expect(PlantedFaultTests.names.count >= 40)
        #expect(Set(PlantedFaultTests.names).count == PlantedFaultTests.names.count)
        for fault in PlantedFaults.all + PlantedFaults.violent {
            #expect(!fault.operations.isEmpty)
            #expect(fault.operations.allSatisfy(CaseCatalog.operations.contains))
        }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "Documentation/planted-faults.md"), encoding: .utf8)
        // The scores of runs follow the list.
        let list = page.components(separatedBy: "\n## Scores\n")[0]
        #expect(list == PlantedFaults.page, "write it anew: attend parity --self-test --list --page")
    }

    @Test(arguments: [
        ("attention-causal-ahead", "attention[b=1,hq=2,hkv=2,l=40,s=40,d=20,causal,seed=5]"),
        ("attention-scale-high", "attention[b=2,hq=6,hkv=2,l=17,s=33,d=40,causal,bool-mask,seed=91]"),
        ("self-attention-scale-low", "self_attention[b=2,hq=4,hkv=2,l=17,width=32,d=8,values=coarse,seed=3]"),
        ("cross-attention-scale-high", "cross_attention[b=2,hq=4,hkv=2,l=17,s=21,context=35,width=32,d=8,seed=3]"),
        ("matmul-tf32", "matmul[m=33,k=19,n=40,seed=7]"),
        ("layer-norm-unbiased", "layer_norm[shape=33x40,values=far,seed=7]")
    ])
    func `a failure names element, value, oracle and bound, and replays`(name: String, text: String) throws {
        let fault = try #require(PlantedFaults.fault(named: name))
        var run = ParityRun(backends: [PlantedFaults.backend(simd, with: fault)])
        run.replayForm = .command(options: ["--fault \(name)"])
        let report = try run.report(on: [named(text)])
        let result = try #require(report.failures.first)
        #expect(result.replay == "attend parity --backend simd --fault \(name) --case '\(text)'")
        let again = try run.report(on: [named(text)])
        let (first, second) = (failures(in: report).first, failures(in: again).first)
        #expect(first == second)
        #expect(first?.element != nil)
        #expect(first.map { "\($0)".contains("the oracle's") && "\($0)".contains("bound") } ?? false)
        #expect(try ParityRun(backends: [simd]).report(on: [named(text)]).passes)
    }

    @Test func `a fault acts once in a run, on one row`() throws {
        let fault = try #require(PlantedFaults.fault(named: "attention-last-key-dropped"))
        let report = try ParityRun(backends: [PlantedFaults.backend(simd, with: fault)]).report(
            on: [named("attention[b=1,hq=2,hkv=2,l=40,s=40,d=20,seed=5]")])
        let failure = try #require(failures(in: report).first)
        #expect((1...20).contains(failure.wrongCount))
        #expect(failure.elementCount == 1600)
    }

    @Test func `what shows in one run of fifty is found`() throws {
        let fault = try #require(PlantedFaults.fault(named: "matmul-race"))
        let backend = PlantedFaults.backend(simd, with: fault)
        #expect(try ParityRun(backends: [backend]).report(on: [named("matmul[m=17,k=33,n=65,seed=0]")]).passes)
        let report = try ParityRun(backends: [backend]).report(on: [named("matmul[m=17,k=33,n=65,seed=0,runs=60]")])
        #expect(failures(in: report).first?.kind == .notRepeatable)
    }

    @Test func `the score is the same however many operations are tested at a time`() throws {
        var test = try SelfTest(
            of: simd, seeds: [3, 4], isQuick: true,
            faults: ["matmul-thousandth", "softmax-no-maximum", "add-broadcast-axis"])
        let alone = test.score()
        test.jobs = 3
        let together = test.score()
        #expect(alone.caseCount == together.caseCount)
        #expect(alone.rows.count == 3)
        for (left, right) in zip(alone.rows, together.rows) {
            #expect(left.acted == right.acted)
            #expect(left.caught == right.caught)
            #expect(left.seeds == right.seeds)
            #expect(left.first?.subject == right.first?.subject)
            #expect(left.missed == right.missed)
        }
    }

    @Test func `a wrong backend is a false alarm of the self-test, and no seeds prove nothing`() throws {
        let score = try SelfTest(of: simd, seeds: [1], isQuick: true, faults: ["matmul-thousandth"]).score()
        try #require(score.rows.count == 1)
        #expect(score.rows[0].caught > 0)
        #expect(score.passes)
        #expect(try !SelfTest(of: simd, seeds: [], faults: ["matmul-thousandth"]).score().passes)
        expectError(CaseError.self, saying: "no-such-fault") {
            try SelfTest(of: simd, seeds: [1], faults: ["no-such-fault"])
        }
        let wrong = FaultyBackend(simd, ResultFault("matmul") { values, _ in values[0] += 1 })
        let alarmed = try SelfTest(of: wrong, seeds: [1], isQuick: true, faults: ["matmul-thousandth"]).score()
        #expect(!alarmed.passes)
        #expect(!alarmed.falseAlarms.isEmpty)
        #expect(alarmed.table.contains("FALSE ALARM"))
    }
}
