import AttendParity
import AttendRuntime
import TestSupport
import Testing

/// A wrong operation that ran in parts names the part.
@Suite struct WrongPartTests {
    private func failure(_ fault: any PlantedFault, without operation: String, _ name: String) throws -> CaseFailure {
        let backend = FaultyBackend(WithoutOperations(simd, [operation]), fault)
        return try #require(try failures(in: ParityRun(backends: [backend]).report(on: [named(name)])).first)
    }

    @Test(arguments: [
        ("exp", "softmax", "softmax[shape=3x5,axis=-1,seed=2]"),
        ("divide", "softmax", "softmax[shape=33x40,axis=-1,seed=2]"),
        ("reduce_sum", "layer_norm", "layer_norm[shape=7x40,seed=3]")
    ])
    func `the first wrong primitive is named`(part: String, whole: String, name: String) throws {
        let fault = ResultFault(part) { values, _ in values[0] += 3 }
        let failure = try failure(fault, without: whole, name)
        #expect(failure.kind == .wrong)
        let found = try #require(failure.part, "\(failure.message)")
        #expect(found.operation == "\(part).v1")
        #expect(found.node.contains(part), "\(found.node)")
        #expect(found.message.contains("the oracle's"), "\(found.message)")
        let words = "; it ran in parts, of which node \(found.node) (\(part).v1) is the first wrong one: "
        #expect(failure.message.contains(words), "\(failure.message)")
    }

    @Test func `JSON has the part, and an operation that ran as a whole has none`() throws {
        let fault = ResultFault("exp") { values, _ in values[0] += 3 }
        let backend = FaultyBackend(WithoutOperations(simd, ["softmax"]), fault)
        let report = try ParityRun(backends: [backend]).report(
            on: [named("softmax[shape=3x5,axis=-1,seed=2]"), named("exp[shape=17,seed=2]")])
        let failures = try JSONNode(report.json).required("failures").elements()
        #expect(try failures[0].required("part").required("operation").string() == "exp.v1")
        #expect(ParityTests.failures(in: report)[1].part == nil)
    }
}
