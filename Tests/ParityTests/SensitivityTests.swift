import AttendParity
import AttendRuntime
import Foundation
import Testing

/// The bounds are no wider than what they are to catch: 0.1 % at float32, at sizes that models have.
@Suite struct SensitivityTests {
    private static let products: [(String, String)] = [
        ("matmul", "matmul[m=33,k=64,n=40,seed=3]"), ("matmul", "matmul[m=5,k=515,n=7,transpose-rhs,seed=17]"),
        ("linear", "linear[rows=9,in=384,out=65,bias,weight-view=constant,seed=4]"),
        ("softmax", "softmax[shape=33x40,seed=1]"), ("softmax", "softmax[shape=3x1025,values=peaked,seed=1]"),
        ("layer_norm", "layer_norm[shape=8x384,scale,bias,seed=12]"), ("layer_norm", "layer_norm[shape=3x1025,seed=8]"),
        ("rms_norm", "rms_norm[shape=8x384,scale,seed=12]"),
        ("attention", "attention[b=2,hq=6,hkv=2,l=17,s=33,d=40,causal,bool-mask,seed=91]"),
        ("exp", "exp[shape=9x130,seed=2]"),
        ("gelu", "gelu[shape=9x130,seed=2]"), ("tanh", "tanh[shape=9x130,seed=2]"),
        ("reduce_sum", "reduce_sum[shape=33x40,axes=1,seed=2]")
    ]

    @Test(arguments: products) func `one row too large by a thousandth is wrong`(operation: String, name: String) throws
    {
        let fault = ResultFault(operation) { values, run in
            let width = run.request.outputs[0]?.shape.last ?? 1
            for index in values.indices.suffix(width) { values[index] *= 1.001 }
        }
        let report = try ParityRun(backends: [FaultyBackend(simd, fault)]).report(on: [named(name)])
        let failure = try #require(failures(in: report).first)
        #expect(failure.kind == .wrong)
        #expect(failure.element != nil)
        #expect(try ParityRun(backends: [simd]).report(on: [named(name)]).passes)
    }

    @Test(
        arguments: [0.999, 1.001],
        [
            "attention[b=1,hq=2,hkv=2,l=5,s=9,d=20,seed=1]",
            "attention[b=2,hq=6,hkv=2,l=17,s=33,d=40,causal,bool-mask,seed=91]",
            "attention[b=1,hq=1,hkv=1,l=65,s=129,d=33,seed=9]", "attention[b=1,hq=1,hkv=1,l=4,s=1025,d=8,seed=13]",
            "attention[b=1,hq=2,hkv=2,l=3,s=2048,d=64,seed=5]"
        ])
    func `attention with its scale off by a thousandth is wrong`(factor: Double, name: String) throws {
        let fault = AttributeFault(operation: "attention") { attributes, request in
            let width = Double(request.inputs[0]?.shape[3] ?? 1)
            attributes["scale"] = .number((attributes.optionalNumber("scale") ?? 1 / width.squareRoot()) * factor)
        }
        let report = try ParityRun(backends: [FaultyBackend(simd, fault)]).report(on: [named(name)])
        #expect(failures(in: report).first?.kind == .wrong)
        #expect(try ParityRun(backends: [simd]).report(on: [named(name)]).passes)
    }

    @Test func `a softmax of logits off by a thousandth is wrong`() throws {
        // As if the scale before it were wrong: every weight changes by about its logit's thousandth.
        let fault = ResultFault("softmax") { values, run in
            guard let width = run.request.outputs[0]?.shape.last else { return }
            for row in stride(from: 0, to: values.count, by: width) {
                let weights = values[row..<row + width].map { pow(Double($0), 1.001) }
                let sum = weights.reduce(0, +)
                for index in 0..<width { values[row + index] = Float(weights[index] / sum) }
            }
        }
        let report = report(on: fault, "softmax", CaseSelection(isQuick: true, seededCount: 10))
        #expect(failures(in: report).contains { $0.kind == .wrong })
    }

    @Test func `a single wrong element among thousands is found, and named`() throws {
        let fault = ResultFault("matmul") { values, _ in values[values.count - 3] += 0.001 }
        let report = try ParityRun(backends: [FaultyBackend(simd, fault)]).report(on: [
            named("matmul[m=65,k=9,n=31,seed=14]")
        ])
        let failure = try #require(failures(in: report).first)
        #expect(failure.element?.index == [64, 28])
        #expect(failure.wrongCount == 1)
        #expect(failure.elementCount == 65 * 31)
        let element = try #require(failure.element)
        #expect(abs(element.value - element.oracle) > element.bound)
        #expect(element.bound > 0)
    }

    @Test func `an epsilon of twice its size is wrong`() throws {
        let fault = AttributeFault(operation: "layer_norm") { attributes, _ in
            attributes["epsilon"] = .number(attributes.number("epsilon") * 2)
        }
        #expect(!report(on: fault, "layer_norm", CaseSelection(isQuick: true)).passes)
    }

    @Test func `a failure is reported with element, value, oracle, bound and the command that shows it again`() throws {
        let name = "multiply[lhs=7x150,rhs=7x150,seed=0]"
        let fault = ResultFault("multiply") { values, _ in values[301] = 17 }
        let report = try ParityRun(backends: [FaultyBackend(simd, fault)]).report(on: [named(name)])
        let table = report.table
        #expect(table.contains("FAILED on simd: \(name)"))
        #expect(
            table.contains(
                "replay: try print(ParityRun(backends: [backend]).report(on: [ParityCase(parsing: \"\(name)\")]).table)"
            ))
        #expect(table.contains("element [2, 1] is 17.0, the oracle's "))
        let failure = try #require(try JSONNode(report.json).required("failures").elements().first)
        let first = try failure.required("first")
        #expect(try first.required("index").elements().map { try $0.integer() } == [2, 1])
        #expect(try first.required("value").number() == 17)
        #expect(try first.required("bound").number() > 0)
        #expect(try failure.required("kind").string() == "wrong")
        #expect(try failure.required("replay").string().contains(name))
    }
}
