import AttendParity
import AttendRuntime
import TestSupport
import Testing

/// Many failures with one cause are one block of the report.
@Suite struct FailureGroupTests {
    private static let wrongTanh = FaultyBackend(simd, ResultFault("tanh") { values, _ in values[0] += 7 })

    /// All cases of the wrong operation, and one that passes.
    private static let report = ParityRun(backends: [wrongTanh]).report(
        on: CaseCatalog.cases(of: "tanh", CaseSelection(isQuick: true, seed: 3))
            + CaseCatalog.cases(of: "exp", CaseSelection(isQuick: true)).prefix(1))

    @Test func `failures are grouped by dimension, the smallest case first`() throws {
        let report = Self.report
        let groups = report.groups
        #expect(groups.flatMap(\.indices).sorted() == Array(report.failures.indices))
        #expect(Set(groups.map(\.dimension)).count == groups.count)
        for dimension in ["ranks", "sizes", "repeated", nil] {
            #expect(groups.contains { $0.dimension == dimension }, "\(dimension ?? "none")")
        }
        for group in groups {
            #expect(group.backend == "simd" && group.operation == "tanh" && group.kind == .wrong)
            let sizes = group.indices.map { report.failures[$0].outcome.size }
            #expect(sizes == sizes.sorted(), "\(group)")
        }
    }

    @Test func `the table shows one failure of each group, and how many are alike`() throws {
        let (report, groups) = (Self.report, Self.report.groups)
        let table = report.table
        #expect(table.matches(of: #/FAILED on /#).count == groups.count)
        let sizes = try #require(groups.first { $0.dimension == "sizes" })
        #expect(table.contains("  \(sizes.indices.count - 1) more alike (ParityReport.issues): tanh, wrong, sizes\n"))
        #expect(table.contains("FAILED on simd: \(report.failures[sizes.indices[0]].subject.name)\n"))
        let all = report.table(showingAll: true)
        #expect(!all.contains("more alike"))
        for issue in report.issues { #expect(all.contains(issue)) }
    }

    @Test func `the verdict is the last line, and a legend stands below the counts`() throws {
        let lines = Self.report.table.split(separator: "\n").map(String.init)
        #expect(lines.last?.hasPrefix("simd does not pass: ") ?? false, "\(lines.suffix(3))")
        let legend = try #require(lines.firstIndex { $0.hasPrefix("worst share: ") })
        #expect(try legend < #require(lines.firstIndex { $0.hasPrefix("FAILED on") }))
        #expect(!lines[legend].contains("decomposed"))
        let parts = try ParityRun(backends: [WithoutOperations(simd, ["softmax"])]).report(
            on: [named("softmax[shape=3x5,axis=-1,seed=2]")])
        #expect(parts.table.contains("; decomposed: refused whole, ran in parts"), "\(parts.table)")
    }

    @Test func `due errors and concurrency are a cause in any dimension`() throws {
        for (name, operation, kind) in [
            ("gather-clamps", "gather", CaseFailure.Kind.dueError),
            ("softmax-static-scratch", "softmax", .concurrency)
        ] {
            let fault = try #require(PlantedFaults.fault(named: name))
            let report = ParityRun(backends: [PlantedFaults.backend(simd, with: fault)]).report(
                on: CaseCatalog.cases(of: operation, CaseSelection(isQuick: true)))
            let groups = report.groups.filter { $0.kind == kind }
            #expect(groups.count == 1, "\(groups)")
            #expect(groups.allSatisfy { $0.dimension == nil }, "\(groups)")
        }
    }

    @Test func `JSON has the groups behind the members of version 1`() throws {
        let report = Self.report
        let json = JSONNode(report.json)
        #expect(try json.required("version").integer() == 1)
        let groups = try json.required("groups").elements()
        #expect(groups.count == report.groups.count)
        let sizes = try #require(groups.first { (try? $0.required("dimension").string()) == "sizes" })
        #expect(try sizes.required("kind").string() == "wrong")
        #expect(try sizes.required("operation").string() == "tanh")
        let names = try sizes.required("cases").elements().map { try $0.string() }
        #expect(try names.first == sizes.required("smallest").string())
        #expect(try sizes.required("replay").string().contains(names[0]))
        #expect(try json.required("cases").required("ran").integer() == report.results.count)
    }
}
