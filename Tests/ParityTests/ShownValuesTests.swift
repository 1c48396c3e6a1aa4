import AttendParity
import AttendRuntime
import TestSupport
import Testing

/// A tiny case is shown with its values.
@Suite struct ShownValuesTests {
    private func failure(_ fault: any PlantedFault, _ name: String) throws -> CaseFailure {
        let report = try ParityRun(backends: [FaultyBackend(simd, fault)]).report(on: [named(name)])
        return try #require(failures(in: report).first)
    }

    @Test func `inputs, the wrong output and the expected one are lines of the block`() throws {
        let fault = ResultFault("add") { values, _ in values[2] = 17 }
        let name = "add[lhs=3,rhs=3,values=halves,seed=4]"
        let values = try #require(failure(fault, name).values)
        #expect(values.inputs.map(\.name) == ["lhs", "rhs"])
        #expect(values.inputs.map(\.type) == ["float32[3]", "float32[3]"])
        let (found, expected) = try (#require(values.output), #require(values.expected))
        #expect(found.elements[2] == "17")
        #expect(expected.elements[2] != "17")
        #expect(found.elements.prefix(2) == expected.elements.prefix(2))
        let sums = zip(values.inputs[0].elements, values.inputs[1].elements).map {
            (Float($0) ?? .nan) + (Float($1) ?? .nan)
        }
        #expect(expected.elements.map { Float($0) } == sums)
        let report = try ParityRun(backends: [FaultyBackend(simd, fault)]).report(on: [named(name)])
        for line in values.lines { #expect(report.table.contains("\n    \(line)\n"), "\(line)") }
        #expect(values.lines[2].hasPrefix("output float32[3]"))
        #expect(values.lines[3].hasPrefix("expected "))
        #expect(values.lines[2].count == values.lines[3].count)
        let json = try JSONNode(report.json).required("failures").elements()[0].required("values")
        #expect(try json.required("output").required("elements").elements()[2].string() == "17")
        #expect(report.junit.contains("output float32[3]"))
        #expect(report.html.contains("<pre>lhs float32[3]"))
    }

    @Test func `the sign of zero shows`() throws {
        let fault = ResultFault("negate") { values, _ in
            for index in values.indices where values[index] == 0 { values[index] = 0 }
        }
        // 0 among the inputs becomes -0.
        for seed in 0..<40 {
            let name = "negate[shape=8,values=ties,seed=\(seed)]"
            let report = try ParityRun(backends: [FaultyBackend(simd, fault)]).report(on: [named(name)])
            guard let values = failures(in: report).first?.values else { continue }
            let pairs = zip(values.output?.elements ?? [], values.expected?.elements ?? [])
            #expect(pairs.contains { $0 == "0" && $1 == "-0" }, "\(values.lines)")
            #expect(pairs.allSatisfy { $0 == $1 || $0 == "0" })
            return
        }
        Issue.record("no case with a zero")
    }

    @Test func `a NaN has its payload where that is the difference`() throws {
        let fault = ResultFault("sqrt") { values, run in
            for index in values.indices where values[index].isNaN {
                values[index] = Float(nan: Float.RawSignificand(1 + run.index), signaling: false)
            }
        }
        let failure = try failure(fault, "sqrt[shape=8,values=ties,seed=2]")
        #expect(failure.kind == .notRepeatable)
        let values = try #require(failure.values)
        let pairs = Array(zip(values.output?.elements ?? [], values.expected?.elements ?? []))
        #expect(pairs.contains { $0 == "nan(0x7fc00002)" && $1 == "nan(0x7fc00001)" }, "\(values.lines)")
        #expect(pairs.allSatisfy { $0 == $1 || $0.hasPrefix("nan(") }, "\(values.lines)")
    }

    @Test func `integers are integers, beyond 2^53 too`() throws {
        let fault = IntegerFault(operation: "multiply")
        let values = try #require(
            failure(fault, "multiply[lhs=4,rhs=4,dtype=int64,values=extreme,seed=3]").values)
        let (found, expected) = try (#require(values.output), #require(values.expected))
        #expect(found.elements.allSatisfy { Int64($0) != nil }, "\(values.lines)")
        #expect(zip(found.elements, expected.elements).count { $0 != $1 } == 1, "\(values.lines)")
        #expect(values.inputs[0].type == "int64[4]")
    }

    @Test func `a rounding error shows, and large cases have no values`() throws {
        let fault = ResultFault("exp") { values, _ in
            for _ in 0..<64 { values[0] = values[0].nextUp }
        }
        let values = try #require(failure(fault, "exp[shape=4,seed=1]").values)
        #expect(values.output?.elements[0] != values.expected?.elements[0], "\(values.lines)")
        #expect(try failure(fault, "exp[shape=17,seed=1]").values == nil)
    }

    @Test func `constants are among the inputs`() throws {
        let fault = ResultFault("add") { values, _ in values[0] += 1 }
        let values = try #require(failure(fault, "add[lhs=3,rhs=3,rhs-view=constant,seed=4]").values)
        #expect(values.inputs.count == 2, "\(values.lines)")
    }
}

/// Adds 1 to the last element of integers.
private struct IntegerFault: PlantedFault {
    let operation: String

    func concerns(_ request: KernelRequest) -> Bool {
        request.operation.name == operation && request.outputs[0]?.dtype == .int64
    }

    func spoil(_ run: FaultyRun) throws(BackendError) {
        guard let right = try run.output(), case .int64(var values) = right.storage, !values.isEmpty else { return }
        values[values.count - 1] &+= 1
        guard let wrong = try? Tensor(storage: .int64(values), shape: right.shape) else { return }
        try run.write(wrong)
    }
}
