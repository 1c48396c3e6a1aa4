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

    @Test(.tags(.slow), .unlessFast, arguments: ["shape_graph", "stateful_graph"])
    func `graphs of many shapes, and of states over several runs, pass`(operation: String) throws {
        let report = ParityRun(backends: [simd]).report(
            on: CaseCatalog.cases(of: operation, CaseSelection(seed: 3, seededCount: 40)))
        #expect(report.passes, "\(report.table)")
        #expect(report.rows.first.map { $0.undecided * 100 <= $0.elements && $0.elements > 2000 } ?? false)
    }

    @Test(arguments: [
        // Right in its first run: only later ones of a session show it.
        ("stateful_graph[b=1,hq=2,hkv=2,d=8,capacity=32,queries=5:1:1:3:1,back=0,seed=0]", "update_slice", "run 3 of"),
        ("shape_graph[rank=3,steps=12,seed=0]", "minimum", "first wrong node")
    ])
    func `a wrong operation in a graph is found`(name: String, operation: String, message: String) throws {
        let backend = FaultyBackend(simd, TurnedResult(operation: operation))
        let report = try ParityRun(backends: [backend]).report(on: [named(name)])
        let failure = try #require(failures(in: report).first)
        #expect(failure.message.contains(message), "\(failure)")
    }

    @Test func `settings of graphs that can't be are refused`() {
        for (name, reason) in [
            ("shape_graph[rank=9,steps=3,seed=1]", "rank must be at most 8"),
            ("shape_graph[rank=3,steps=1001,seed=1]", "steps must be at most 1000"),
            ("stateful_graph[queries=5:6,capacity=10,seed=1]", "a capacity of 11, found 10"),
            ("stateful_graph[queries=5:0,seed=1]", "numbers from 1"),
            ("stateful_graph[queries=5:1,capacity=20,back=-4,seed=1]", "back must be between 0"),
            ("stateful_graph[queries=5,window=0,seed=1]", "window must be at least 1"),
            ("add[lhs=2,rhs=2,threads=1025,seed=1]", "threads must be at most 1024"),
            ("add[lhs=2,rhs=2,threads=0,seed=1]", "threads must be between 1")
        ] {
            expectError(CaseError.self, saying: reason) { try ParityCase(parsing: name) }
        }
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

/// A fault that turns an operation's result around: of `minimum` in every run, of others from the second run on.
private struct TurnedResult: PlantedFault {
    let operation: String
    let inputs = FaultyInputs.dense

    func concerns(_ request: KernelRequest) -> Bool { request.operation.name == operation }

    func spoil(_ run: FaultyRun) throws(BackendError) {
        guard let tensor = try run.output(), tensor.elementCount > 1, run.index > 0 || operation == "minimum" else {
            return
        }
        let order = Array((0..<tensor.elementCount).reversed())
        try run.write(tensor.taking(order, shape: tensor.shape))
    }
}
