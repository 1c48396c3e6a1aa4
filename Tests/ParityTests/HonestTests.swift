import AttendParity
import AttendRuntime
import OpenCLBackend
import TestSupport
import Testing

/// Backends that are right are never called wrong.
@Suite struct HonestTests {
    @Test(arguments: Backends.available) func `a built-in backend passes the quick cases`(name: String) throws {
        try check(Backends.make(name))
    }

    /// The kernels that are not for this device's type: a processor runs those for GPUs as well, slowly.
    @Test(.tags(.slow), .unlessFast, .backend("opencl"))
    func `opencl's kernels for the other class of devices pass the quick cases`() throws {
        let own = try OpenCLBackend().deviceClass
        // Elementwise kernels read and write a dtype alike, whatever they compute: one of a kind has every dtype.
        let alike = Set(
            Primitive.allCases.filter { [.arithmetic, .unary, .comparison].contains($0.family) }.map(\.rawValue))
        let cases = CaseCatalog.cases(CaseSelection(isQuick: true, seed: 7, seededCount: 0)).filter { subject in
            !subject.name.contains("dtype=") || !alike.subtracting(["add", "exp", "less"]).contains(subject.operation)
        }
        try check(OpenCLBackend(.init(deviceClass: own == .cpu ? .gpu : .cpu)), cases, passed: 350)
    }

    private func check(
        _ backend: any ComputeBackend,
        _ cases: [ParityCase] = CaseCatalog.cases(
            CaseSelection(isQuick: true, seed: 7, seededCount: 3)),
        passed: Int = 700
    ) throws {
        let name = backend.device.backend
        let report = ParityRun(backends: [backend]).report(on: cases)
        #expect(report.passes, "\(report.table)")
        let total = report.total(of: name)
        #expect(total.count == cases.count)
        #expect(total.passed > passed)
        #expect(total.elements > 500_000)
        #expect(total.worstShare <= 1 + 0x1p-19)
        // What the analysis leaves open is what follows from an overflow or from −∞ · 0; it is little.
        #expect(total.undecided * 200 < total.elements)
    }

    /// One key's score is beyond float32, and the exact softmax of one key is 1 all the same.
    @Test(arguments: Backends.available) func `scores beyond float32 are left open`(name: String) throws {
        let sizes = ["l=64,s=1,d=8", "l=9,s=5,d=8,causal", "l=3,s=40,d=4,bias=mask", "l=4,s=2,d=1,soft-cap=5"]
        let cases = try (1...8).flatMap { seed in
            try sizes.map { try named("attention[b=1,hq=4,hkv=1,\($0),outputs=all,seed=\(seed),values=special]") }
        }
        let report = try ParityRun(backends: [Backends.make(name)]).report(on: cases)
        #expect(report.failures.isEmpty, "\(report.table)")
        let total = report.total(of: name)
        #expect(total.passed > cases.count / 2)
        #expect(total.undecided > 0)
        #expect(total.undecided < total.elements)
    }

    @Test func `all that a backend refuses is counted, with its reason`() throws {
        let report = ParityRun(backends: [RefusingBackend(simd, .wide)]).report(
            on: CaseCatalog.cases(of: "add", CaseSelection(seededCount: 0)))
        let row = try #require(report.rows.first)
        #expect(row.unsupported > 0)
        #expect(row.reasons.values.reduce(0, +) == row.unsupported)
        #expect(row.reasons.keys.contains { $0.contains("float16") })
    }

    @Test func `a composite that is refused runs in parts, and is counted as such`() throws {
        let report = try ParityRun(backends: [simd]).report(
            on: [named("embedding[shape=50x40,indices=33,seed=0]"), named("softmax[shape=33x40,seed=0]")])
        #expect(report.rows.map(\.decomposed) == [1, 0])
        #expect(report.passes)
    }

    @Test func `where nothing ran nothing passes`() throws {
        let report = try ParityRun(backends: [RefusingBackend(simd, .wide)]).report(
            on: [named("add[lhs=9x130,rhs=9x130,dtype=float16,seed=61]")])
        #expect(report.rows.first?.unsupported == 1)
        #expect(!report.passes)
        #expect(report.table.contains("nothing ran"))
        #expect(!ParityRun(backends: [simd]).report(on: []).passes)
    }

    /// Of one element, about which nothing can be said: among its terms are numbers whose sum may overflow on its way.
    private static let open = "reduce_mean[shape=17,axes=0,values=rare,seed=4]"

    @Test func `values that leave every element without a bound are drawn again`() throws {
        let report = try ParityRun(backends: [simd]).report(
            on: [
                named(Self.open),
                named("self_attention[b=2,hq=4,hkv=2,l=9,width=3,d=4,values=rare,seed=3535]")
            ])
        #expect(report.passes)
        #expect(report.notRun.isEmpty)
        #expect(report.total(of: "simd").undecided < 55)
    }

    @Test func `a case in which nothing was judged is not passed`() throws {
        let nothing = FaultyBackend(simd, ResultFault("reduce_mean") { values, _ in values[0] = .nan })
        for backend in [simd, nothing] {
            var run = ParityRun(backends: [backend])
            run.drawingCount = 1
            let report = try run.report(on: [named(Self.open)])
            #expect(report.notRun.count == 1)
            #expect(report.total(of: "simd").passed == 0)
            #expect(!report.passes)
            let reason = "nothing was judged: the error analysis gives no bound for any of the 1 elements"
            #expect(report.table.contains(reason))
            #expect(report.table.contains("undecided\n"))
        }
    }

    @Test func `undecided elements stand in the table, where there are any`() throws {
        let cases = try [named("reduce_mean[shape=40x17,axes=1,values=rare,seed=95]"), named("tanh[shape=17,seed=2]")]
        let all = ParityRun(backends: [simd]).report(on: cases)
        let count = all.total(of: "simd").undecided
        #expect(all.passes)
        #expect(count > 0)
        #expect(all.table.contains("elements, \(count) of them undecided"))
        #expect(all.table.contains("float32  undecided"))
        #expect(all.html.contains("undecided"))
        #expect(!ParityRun(backends: [simd]).report(on: [cases[1]]).table.contains("undecided"))
    }

    @Test func `every primitive and composite has cases`() {
        let known = Set(CaseCatalog.operations)
        for primitive in Primitive.allCases { #expect(known.contains(primitive.rawValue), "\(primitive.rawValue)") }
        for composite in Composites.names { #expect(known.contains(composite), "\(composite)") }
    }

    @Test func `two in five of the random cases have more than 1,024 outputs`() throws {
        let selection = CaseSelection(seed: 3, seededCount: 20)
        var (large, count) = (0, 0)
        for operation in CaseCatalog.operations {
            for subject in CaseCatalog.cases(of: operation, selection).suffix(20) {
                let graph = try subject.build().graph
                let sizes = graph.outputs.map { graph.type(of: $0.value).concreteShape?.reduce(1, *) ?? 0 }
                count += 1
                if sizes.reduce(0, +) > 1024 { large += 1 }
            }
        }
        #expect(large * 5 >= count * 2, "\(large) of \(count)")
    }

    /// A long axis beside several padded ones made half a billion.
    @Test func `no random case of pad has more than some millions of elements`() throws {
        let cases = CaseCatalog.cases(of: "pad", CaseSelection(seed: 3, seededCount: 20_000)).suffix(20_000)
        var largest = 0
        for subject in cases {
            func list(_ key: String) -> [Int] {
                let part = subject.name.split { "[],".contains($0) }.first { $0.hasPrefix("\(key)=") } ?? ""
                return part.dropFirst(key.count + 1).split { "x:".contains($0) }.compactMap { Int($0) }
            }
            let (shape, before, after) = (list("shape"), list("before"), list("after"))
            try #require(shape.count == before.count && shape.count == after.count, "\(subject.name)")
            largest = max(largest, shape.indices.reduce(1) { $0 * (shape[$1] + before[$1] + after[$1]) })
        }
        #expect((1 << 20...1 << 22).contains(largest), "\(largest)")
    }
}
