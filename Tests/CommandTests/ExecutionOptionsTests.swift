import AttendRegistry
import AttendRuntime
import Foundation
import TestSupport
import Testing

/// Options about how a graph runs, on the command line.
@Suite struct ExecutionOptionsTests {
    private static let graph = """
        {"attend": 1, "name": "small", "inputs": [{"name": "x", "dtype": "float32", "shape": ["n", 4]}],
         "nodes": [
           {"name": "largest", "op": "reduce_max", "inputs": {"input": "x"}, "attributes": {"axes": [1], "keep_dimensions": true}},
           {"name": "shifted", "op": "subtract", "inputs": {"lhs": "x", "rhs": "largest"}},
           {"name": "powers", "op": "exp", "inputs": {"input": "shifted"}},
           {"name": "sum", "op": "reduce_sum", "inputs": {"input": "powers"}, "attributes": {"axes": [1], "keep_dimensions": true}},
           {"name": "pattern", "op": "divide", "inputs": {"lhs": "powers", "rhs": "sum"}}],
         "outputs": {"y": "pattern"}}
        """

    private func inFolder(_ body: (_ folder: String, _ arguments: [String]) throws -> Void) throws {
        let folder = try AttendProgram.temporaryFolder()
        try Self.graph.write(toFile: "\(folder)/graph.json", atomically: true, encoding: .utf8)
        try SafetensorsFile.write(
            ["x": try Tensor(uniform: [3, 4], in: -1...1, seed: 2)], metadata: [:], to: "\(folder)/in.safetensors")
        try body(folder, ["eval", "\(folder)/graph.json", "--inputs", "\(folder)/in.safetensors"])
    }

    @Test func `passes are shown, drawn and left out`() throws {
        try inFolder { folder, _ in
            let file = "\(folder)/graph.json"
            let shown = try AttendProgram.run(["inspect", file, "--optimized"])
            #expect(shown.code == 0)
            #expect(shown.output.contains("recognize-softmax"))
            #expect(shown.output.contains("softmax.v1"))
            let json = JSONNode(
                try JSONValue(parsing: try AttendProgram.run(["inspect", file, "--optimized", "--json"]).output))
            let counts = try json.required("operations").elements().map { row in
                "\(try row.required("name").string()) \(try row.required("before").integer()) \(try row.required("after").integer())"
            }
            #expect(counts.contains("softmax.v1 0 1"))
            #expect(counts.contains("exp.v1 1 0"))
            let plain = try AttendProgram.run(
                ["inspect", file, "--optimized", "--json", "--without-pass", "recognize-softmax"])
            #expect(!plain.output.contains("softmax.v1"))
            let dot = try AttendProgram.run(["inspect", file, "--dot"])
            #expect(dot.code == 0)
            #expect(dot.output.hasPrefix("digraph \"small\" {"))
            #expect(dot.output.hasSuffix("}\n"))
            #expect(dot.output.components(separatedBy: "shape=box").count == 1 + 5)
            let drawn = try AttendProgram.run(["inspect", file, "--dot", "--optimized"])
            #expect(drawn.output.components(separatedBy: "shape=box").count == 1 + 1)
            for wrong in [["--without-pass", "x", "--optimized"], ["--without-pass", "open-heads"], ["--dot", "--json"]]
            {
                #expect(try AttendProgram.run(["inspect", file] + wrong).code == 64, "\(wrong)")
            }
        }
    }

    @Test(.tags(.slow), .unlessFast) func `profiles go to stderr and to a trace, results stay what they are`() throws {
        try inFolder { folder, arguments in
            let plain = try AttendProgram.run(arguments + ["--print", "y"])
            let profiled = try AttendProgram.run(
                arguments + ["--print", "y", "--profile", "--placements", "--trace", "\(folder)/trace.json"],
                environment: ["ATTEND_CACHE": "\(folder)/cache"])
            #expect(profiled.code == 0)
            #expect(profiled.output == plain.output)
            #expect(profiled.errors.contains("of the roofline"))
            #expect(profiled.errors.contains("softmax.v1"))
            #expect(profiled.errors.contains("µs"))
            #expect(profiled.errors.contains("measuring the speed of simd"))
            let trace = JSONNode(
                try JSONValue(parsing: String(contentsOfFile: "\(folder)/trace.json", encoding: .utf8)))
            #expect(try trace.required("traceEvents").elements().count == 2)
            // What was measured is kept, and made anew where it is damaged.
            let kept = "\(folder)/cache/profiles/devices.json"
            let again = try AttendProgram.run(
                arguments + ["--print", "y", "--profile"], environment: ["ATTEND_CACHE": "\(folder)/cache"])
            #expect(!again.errors.contains("measuring"))
            // Another backend's measurement does not cost the first one.
            let others = try ["reference", "simd"].map { backend in
                try AttendProgram.run(
                    arguments + ["--print", "y", "--profile", "--backend", backend],
                    environment: ["ATTEND_CACHE": "\(folder)/cache"])
            }
            #expect(others[0].errors.contains("measuring"))
            #expect(!others[1].errors.contains("measuring"))
            try "{\"attend_profiles\": 2, \"measurements\": [[{}]]}".write(
                toFile: kept, atomically: true, encoding: .utf8)
            let mended = try AttendProgram.run(
                arguments + ["--print", "y", "--profile"], environment: ["ATTEND_CACHE": "\(folder)/cache"])
            #expect(mended.code == 0)
            #expect(mended.errors.contains("is damaged"))
            #expect(mended.errors.contains("measuring"))
            #expect(try String(contentsOfFile: kept, encoding: .utf8).contains("thin_product"))
        }
    }

    @Test(.tags(.slow), .unlessFast) func `a backend is chosen by what was measured, and the choice is told`() throws {
        try inFolder { folder, arguments in
            for environment in [
                ["ATTEND_CACHE": "\(folder)/cache"], ["ATTEND_CACHE": "\(folder)/cache", "ATTEND_BACKEND": "auto"]
            ] {
                let options = environment["ATTEND_BACKEND"] == nil ? ["--backend", "auto"] : []
                let outcome = try AttendProgram.run(arguments + ["--print", "y"] + options, environment: environment)
                #expect(outcome.code == 0, "\(outcome.errors)")
                #expect(outcome.errors.contains("by predicted time: "))
                #expect(outcome.errors.contains(" ms"))
            }
            let fallback = try AttendProgram.run(
                arguments + ["--print", "y", "--backend", "auto", "--fallback", "simd"],
                environment: ["ATTEND_CACHE": "\(folder)/cache"])
            #expect(fallback.code == 64)
            #expect(fallback.errors.contains("--fallback"))
            // Where no graph is known yet, the backend itself is made by that name, as in a program of one's own.
            for environment in [
                ["ATTEND_CACHE": "\(folder)/cache"], ["ATTEND_CACHE": "\(folder)/cache", "ATTEND_BACKEND": "auto"]
            ] {
                let options = environment["ATTEND_BACKEND"] == nil ? ["--backend", "auto"] : []
                let told = try AttendProgram.run(
                    ["explain", "--step", "pattern"] + options, environment: environment)
                #expect(told.code == 0, "\(told.errors)")
                #expect(told.errors.contains("auto: "), "\(told.errors)")
            }
            let parity = try AttendProgram.run(["parity", "--backend", "auto", "--operation", "abs", "--quick"])
            #expect(parity.code == 4)
            #expect(parity.errors.contains("auto is a choice among backends"), "\(parity.errors)")
            let shadow = try AttendProgram.run(arguments + ["--print", "y", "--shadow", "auto"])
            #expect(shadow.code == 64)
            #expect(shadow.errors.contains("--shadow auto"), "\(shadow.errors)")
        }
    }

    @Test func `shadows and promises are kept or refused`() throws {
        try inFolder { _, arguments in
            let run = arguments + ["--print", "y"]
            let shadowed = try AttendProgram.run(run + ["--shadow", "reference"])
            #expect(shadowed.code == 0)
            #expect(shadowed.errors.contains("shadow: 1 of 1 kernels"))
            let none = try AttendProgram.run(run + ["--shadow", "reference:0"])
            #expect(none.code == 64)
            #expect(none.errors.contains("above 0"))
            // A number after a backend with devices is a device.
            #expect(try AttendProgram.run(run + ["--shadow", "opencl:7777"]).code == 4)
            let some = try AttendProgram.run(run + ["--shadow", "reference:0.5", "--shadow-seed", "3"])
            #expect(some.code == 0)
            #expect(some.errors.contains("(--shadow-seed 3)"))
            #expect(try AttendProgram.run(run + ["--shadow-seed", "3"]).code == 64)
            let nobody = try AttendProgram.run(run + ["--symbol", "nope=3"])
            #expect(nobody.code == 64)
            #expect(nobody.errors.contains("the graph has no symbol of this name"))
            let clash = try AttendProgram.run(run + ["--trace", "./same", "--output", "same"])
            #expect(clash.code == 64)
            #expect(clash.errors.contains("same file"))
            let other = try AttendProgram.run(run + ["--backend", "reference", "--shadow", "simd:1"])
            #expect(other.code == 0)
            #expect(other.errors.contains("on simd"))
            #expect(try AttendProgram.run(run + ["--shadow", "reference:2"]).code == 64)
            #expect(try AttendProgram.run(run + ["--shadow", "cuda"]).code == 4)
            for backend in ["reference", "simd"] {
                #expect(try AttendProgram.run(run + ["--backend", backend, "--deterministic"]).code == 0)
            }
            let presets = try AttendProgram.run(["run", "--preset", "gpt2", "--shadow", "reference"])
            #expect(presets.code == 64)
            #expect(presets.errors.contains("--shadow"))
        }
    }
}
