import AttendParity
import Testing

/// A small case says more than a large one.
@Suite struct ShrinkingTests {
    @Test func `every smaller case can be built, and there is an end`() throws {
        for operation in CaseCatalog.operations {
            let selection = CaseSelection(isQuick: true, seed: 5, seededCount: 2)
            guard var subject = CaseCatalog.cases(of: operation, selection).last else {
                Issue.record("\(operation) has no cases")
                continue
            }
            for round in 0..<200 {
                let smaller = subject.smaller
                #expect(!smaller.contains(subject))
                guard let next = smaller.first else { break }
                #expect(try ParityCase(parsing: next.name) == next)
                #expect(round < 199, "\(operation) has no smallest case: \(next.name)")
                subject = next
            }
        }
    }

    @Test(arguments: [
        ("matmul-tf32", "matmul[batch=2x3,m=33,k=19,n=40,transpose-rhs,lhs-view=offset,seed=7]"),
        ("attention-causal-ahead", "attention[b=2,hq=6,hkv=2,l=17,s=33,d=40,causal,bool-mask=random,seed=91]"),
        ("add-past-end", "add[lhs=9x130,rhs=130,seed=61]")
    ])
    func `a failure comes down to a small case that fails alike`(name: String, text: String) throws {
        let fault = try #require(PlantedFaults.fault(named: name))
        let run = ParityRun(backends: [PlantedFaults.backend(simd, with: fault)])
        let result = try #require(try run.report(on: [named(text)]).failures.first)
        let small = try #require(CaseShrinking.smallest(of: result) { run.report(on: $0).results })
        let again = run.report(on: [small])
        #expect(failures(in: again).map(\.kind) == failures(in: try run.report(on: [named(text)])).map(\.kind))
        #expect(small.name.count < text.count, "\(small.name)")
        let size = { (subject: ParityCase) in
            run.report(on: [subject]).results.map(\.outcome.size).reduce(0, +)
        }
        #expect(try size(small) * 8 <= size(named(text)), "\(small.name)")
        #expect(small.name.contains("seed="), "the values that failed are the same seed's")
    }

    @Test func `a case that passes is not made smaller`() throws {
        let run = ParityRun(backends: [simd])
        let result = try #require(run.results(of: try named("add[lhs=9x130,rhs=130,seed=61]")).first)
        #expect(CaseShrinking.smallest(of: result) { run.report(on: $0).results } == nil)
    }
}
