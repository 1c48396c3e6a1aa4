import AttendParity
import AttendRuntime
import TestSupport
import Testing

/// Whole graphs: blocks and random ones.
@Suite struct GraphCaseTests {
    private static let block = "transformer_block[b=2,l=9,hq=4,hkv=2,d=8,inner=40,rms,causal,seed=2]"

    @Test(.tags(.slow), .unlessFast, arguments: ["transformer_block", "random_graph"])
    func `honest backends pass, and bounds stay what a result can be held against`(operation: String) throws {
        let report = ParityRun(backends: [simd]).report(
            on: CaseCatalog.cases(of: operation, CaseSelection(seed: 3, seededCount: 60)))
        #expect(report.passes, "\(report.table)")
        #expect(report.rows.first.map { $0.undecided * 100 <= $0.elements && $0.elements > 30_000 } ?? false)
    }

    /// What such a small fault does to the block's result hides in a worst case over all of its nodes.
    @Test(arguments: [
        ("rms-norm-centered", "rms_norm"), ("self-attention-scale-high", "self_attention"),
        ("fused-linear-gelu-tanh", "fused_linear")
    ])
    func `the first node that is wrong is named`(name: String, operation: String) throws {
        let fault = try #require(PlantedFaults.fault(named: name))
        let report = try ParityRun(backends: [PlantedFaults.backend(simd, with: fault)]).report(on: [named(Self.block)])
        let failure = try #require(failures(in: report).first)
        #expect(failure.message.contains("(\(operation).v1) is the first wrong node"), "\(failure)")
    }
}
