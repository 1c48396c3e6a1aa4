import AttendRegistry
import AttendRuntime
import Foundation
import TestSupport
import Testing

/// The program as a user meets it: output, messages and exit codes.
@Suite struct CommandLineTests {
    @Test func `backends lists what is there, as JSON too`() throws {
        let plain = try AttendProgram.run(["backends"])
        #expect(plain.code == 0)
        #expect(plain.output.contains("reference, naive"))
        #expect(plain.output.contains("simd (default)"))
        let json = try JSONNode(JSONValue(parsing: AttendProgram.run(["backends", "--json"]).output))
        #expect(try json.required("backends").elements().count == BackendRegistry.builtIn.entries.count)
        // Scripts go through the names, of what is missing too.
        let names = try AttendProgram.run(["backends", "--names"], environment: ["ATTEND_OPENBLAS": "/nowhere"])
        let listed = try json.required("backends").elements().map { try $0.required("name").string() }
        #expect(names.output == listed.joined(separator: "\n") + "\n")
        #expect(try AttendProgram.run(["backends", "--names", "--json"]).code == 64)
    }

    @Test func `an output that can't be written is an error`() throws {
        #if os(Linux)
            let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
            let outcome = try AttendProgram.run(["backends", "--names"], output: full)
            #expect(outcome.code == 1)
            #expect(outcome.errors.contains("can't write to stdout"))
        #endif
    }

    @Test func `a missing OpenBLAS is a message, and no other backend suffers`() throws {
        let missing = ["ATTEND_OPENBLAS": "/nowhere/libopenblas.so"]
        let list = try AttendProgram.run(["backends"], environment: missing)
        #expect(list.code == 0)
        #expect(list.output.contains("not available"))
        #expect(list.output.contains("apt-get install"))
        let run = try AttendProgram.run(["run", "--model", "x", "--backend", "openblas", "text"], environment: missing)
        #expect(run.code == 4)
        #expect(run.errors.contains("/nowhere/libopenblas.so"))
    }

    @Test func `an unknown backend is refused with those that exist`() throws {
        let named = try AttendProgram.run(["run", "--model", "x", "--backend", "cuda", "text"])
        #expect(named.code == 4)
        #expect(named.output.isEmpty)
        #expect(named.errors.contains("reference, simd, openblas"))
        let variable = try AttendProgram.run(["run", "--model", "x", "text"], environment: ["ATTEND_BACKEND": "metal"])
        #expect(variable.code == 4)
        #expect(variable.errors.contains("ATTEND_BACKEND"))
    }

    @Test func `bad files and bad usage have their codes`() throws {
        let model = try AttendProgram.run(["run", "--model", "/nowhere", "text"])
        #expect(model.code == 5)
        #expect(model.errors.contains("there is no folder /nowhere"))
        let graph = try AttendProgram.run(["eval", "/nowhere.json", "--output", "/tmp/out.safetensors"])
        #expect(graph.code == 5)
        #expect(graph.errors.contains("/nowhere.json"))
        #expect(try AttendProgram.run(["run"]).code == 64)
        #expect(try AttendProgram.run(["run", "--model", "x", "--threads", "0", "text"]).code == 64)
        #expect(try AttendProgram.run(["inspect", "/nowhere"]).code == 5)
    }

    @Test func `eval runs a graph file on every backend, and says where each node ran`() throws {
        let folder = try AttendProgram.temporaryFolder()
        let graph =
            #"{"attend": 1, "inputs": [{"name": "x", "dtype": "float32", "shape": ["n"]}], "nodes": [{"name": "p", "op": "softmax", "inputs": {"input": "x"}}], "outputs": {"pattern": "p"}}"#
        try Data(graph.utf8).write(to: URL(fileURLWithPath: "\(folder)/g.json"))
        try SafetensorsFile.write(["x": Tensor([0, 0, 0, 0] as [Float], shape: [4])], to: "\(folder)/in.safetensors")
        for backend in ["naive", "simd"] {
            let arguments = [
                "eval", "\(folder)/g.json", "--inputs", "\(folder)/in.safetensors", "--output",
                "\(folder)/out.safetensors", "--backend", backend
            ]
            let plain = try AttendProgram.run(arguments)
            #expect(plain.code == 0, "\(plain.errors)")
            #expect(plain.output == "pattern  float32[4]\n", "\(plain.errors)")
            #expect(
                try SafetensorsFile("\(folder)/out.safetensors").tensor(named: "pattern").floats() == [
                    0.25, 0.25, 0.25, 0.25
                ])
            let report = try JSONNode(JSONValue(parsing: AttendProgram.run(arguments + ["--json"]).output))
            #expect(try !report.required("placements").elements().isEmpty)
        }
        let missing = try AttendProgram.run([
            "eval", "\(folder)/g.json", "--inputs", "\(folder)/out.safetensors", "--output", "\(folder)/o"
        ])
        #expect(missing.code == 5)
        #expect(missing.errors.contains("\"x\""))
        let inspected = try AttendProgram.run(["inspect", "\(folder)/g.json"])
        #expect(inspected.output.contains("p: softmax(x)"))
        #expect(try AttendProgram.run(["inspect", "\(folder)/in.safetensors"]).output.contains("x  F32  [4]"))
    }

    @Test(.miniLM)
    func `run prints similarities, or one JSON object`() throws {
        let model = try #require(miniLMFolder)
        let plain = try AttendProgram.run(["run", "--model", model, "a cat", "a kitten", "a tax form"])
        #expect(plain.code == 0)
        #expect(plain.output.contains("backend  simd"))
        #expect(plain.output.contains("device"))
        let report = try JSONNode(
            JSONValue(
                parsing: AttendProgram.run(["run", "--model", model, "--json", "a cat", "a kitten", "a tax form"])
                    .output))
        for key in ["model", "backend", "device", "texts", "token_ids", "embeddings", "similarity", "seconds"] {
            _ = try report.required(key)
        }
        let similarity = try report.required("similarity").elements().map { try $0.elements().map { try $0.number() } }
        #expect(similarity[0][1] > similarity[0][2])
        #expect(try report.required("embeddings").elements()[0].elements().count == 384)
        #expect(
            try report.required("token_ids").elements()[0].elements().map { try $0.integer() } == [101, 1037, 4937, 102]
        )
    }
}
