import AttendParity
import AttendRuntime
import ReferenceBackend
import Synchronization
import TestSupport
import Testing

/// Cases with a number of threads of their own.
@Suite struct ThreadCountTests {
    private static let subject = "matmul[m=33,k=19,n=40,seed=7,threads=3]"

    @Test func `a case runs on a backend with its number of threads, made once`() throws {
        let made = Mutex<[Int]>([])
        var run = ParityRun(backends: [makeReference()])
        run.withThreads = { index, threads in
            #expect(index == 0)
            made.withLock { $0.append(threads) }
            return makeReference()
        }
        let cases = try [named(Self.subject), named("add[lhs=3,rhs=3,seed=1]"), named(Self.subject)]
        #expect(run.report(on: cases).passes)
        #expect(made.withLock { $0 } == [3])
    }

    @Test func `without a way to make the backend the case is not run, which is not passed`() throws {
        let report = try ParityRun(backends: [makeReference()]).report(on: [named(Self.subject)])
        #expect(!report.passes)
        #expect(report.issues.contains { "\($0)".contains("threads") }, "\(report.table)")
    }

    @Test func `a fault that acts with three threads is found by the cases of three threads`() throws {
        let fault = try #require(PlantedFaults.fault(named: "matmul-rows-left-over-by-threads"))
        var run = ParityRun(backends: [PlantedFaults.backend(makeReference(), with: fault)])
        run.withThreads = { _, _ in makeReference() }
        #expect(try run.report(on: [named("matmul[m=34,k=19,n=40,seed=7]")]).passes)
        #expect(try run.report(on: [named("matmul[m=33,k=19,n=40,seed=7,threads=3]")]).passes)
        let report = try run.report(on: [named("matmul[m=34,k=19,n=40,seed=7,threads=3]")])
        let failure = try #require(failures(in: report).first)
        #expect(failure.kind == .wrong)
    }

    @Test func `a selection has such cases for every operation, if it names numbers`() {
        var selection = CaseSelection(seededCount: 0)
        #expect(CaseCatalog.cases(selection).allSatisfy { $0.threadCount == nil })
        selection.threadCounts = selection.usualThreadCounts
        for operation in CaseCatalog.operations {
            let cases = CaseCatalog.cases(of: operation, selection).filter { $0.threadCount != nil }
            #expect(Set(cases.compactMap(\.threadCount)) == [1, 3, 7], "\(operation)")
        }
        #expect(CaseSelection(isQuick: true).usualThreadCounts == [3])
    }

    @Test(.backend("simd")) func `simd gives the same results with any number of threads`() throws {
        var selection = CaseSelection(seed: 5, seededCount: 0)
        selection.threadCounts = [1, 2, 3, 7]
        var run = ParityRun(backends: [simd])
        run.withThreads = { _, threads in try Backends.make("simd", threads: threads) }
        let cases = ["matmul", "attention", "softmax", "reduce_sum", "layer_norm", "gather"].flatMap {
            CaseCatalog.cases(of: $0, selection).filter { $0.threadCount != nil }
        }
        #expect(cases.count > 60)
        let report = run.report(on: cases)
        #expect(report.passes, "\(report.table)")
    }
}
