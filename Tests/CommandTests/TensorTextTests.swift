import AttendRuntime
import Foundation
import Testing

/// Tensors and labels as JSON, their faults, and grids of what is no attention pattern.
@Suite struct TensorTextTests {
    private let folder: String

    init() throws { folder = try AttendProgram.temporaryFolder() }

    private func write(_ text: String, _ name: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        return "\(folder)/\(name)"
    }

    /// A graph that returns its input `x`, of this dtype and shape.
    private func echo(_ dtype: String, _ shape: String) throws -> String {
        try write(
            #"{"attend": 1, "inputs": [{"name": "x", "dtype": "\#(dtype)", "shape": \#(shape)}], "outputs": {"y": "x"}}"#,
            "graph.json")
    }

    private func tensors(_ dtype: String, _ shape: String, _ data: String, labels: String = "{}") throws -> String {
        try write(
            #"{"attend_tensors": 1, "labels": \#(labels), "tensors": [{"name": "x", "dtype": "\#(dtype)", "shape": \#(shape), "data": \#(data)}]}"#,
            "tensors.json")
    }

    @Test func `tensors and labels are read`() throws {
        let file = try TensorTextFile(
            tensors("float32", "[2, 2]", #"[1, "inf", "nan", -0.5]"#, labels: #"{"n": ["a b", "c"]}"#))
        let values = try file.tensor(named: "x").floats()
        #expect(values[0] == 1)
        #expect(values[1] == .infinity)
        #expect(values[2].isNaN)
        #expect(values[3] == -0.5)
        #expect(file.labels == ["n": ["a b", "c"]])
        let error = #expect(throws: GraphFileError.self) { try file.tensor(named: "X") }
        #expect(try #require(error).description.contains("did you mean \"x\"?"))
    }

    @Test func `a fault is named with its place`() throws {
        let faults: [(String, [String])] =
            [
                ("[]", ["an object"]), ("{", ["line 1"]), (#"{"tensors": []}"#, ["attend_tensors"]),
                (#"{"attend_tensors": 2, "tensors": []}"#, ["version 2"]),
                (#"{"attend_tensors": 1, "tensor": []}"#, ["\"tensor\"", "\"tensors\""]),
                (
                    #"{"attend_tensors": 1, "tensors": [{"name": "x", "dtype": "bool", "shape": [2], "data": [true]}]}"#,
                    ["\"x\""]
                ),
                (
                    #"{"attend_tensors": 1, "tensors": [{"name": "x", "dtype": "double", "shape": [], "data": [1]}]}"#,
                    ["tensors[0].dtype", "double"]
                ),
                (
                    #"{"attend_tensors": 1, "tensors": [{"name": "x", "dtype": "int32", "shape": [], "data": [0.5]}]}"#,
                    ["tensors[0].data[0]"]
                ),
                (
                    #"{"attend_tensors": 1, "tensors": [{"name": "x", "dtype": "int32", "shape": [], "data": [1]}, {"name": "x", "dtype": "int32", "shape": [], "data": [1]}]}"#,
                    ["tensors[1]", "duplicate tensor"]
                ),
                (#"{"attend_tensors": 1, "tensors": [], "labels": {"n": [1]}}"#, ["labels.n[0]"])
            ]
            + [("float32", "1e39"), ("float16", "65520"), ("bfloat16", "-3.4e38")].map { dtype, number in
                (
                    #"{"attend_tensors": 1, "tensors": [{"name": "x", "dtype": "\#(dtype)", "shape": [], "data": [\#(number)]}]}"#,
                    ["tensors[0].data[0]", "in the range of \(dtype)", "\"inf\""]
                )
            }
        for (text, mentions) in faults {
            let path = try write(text, "faulty.json")
            let error = #expect(throws: GraphFileError.self, "\(text)") { try TensorTextFile(path) }
            for word in mentions + ["faulty.json"] { #expect("\(try #require(error))".contains(word), "\(text)") }
        }
    }

    @Test func `the largest numbers of a dtype are read, and those that round to them`() throws {
        for (dtype, number, value) in [
            ("float32", "3.4028235e38", Float.greatestFiniteMagnitude),
            ("float32", "-3.40282356e38", -.greatestFiniteMagnitude),
            ("float16", "65519.9", 65504), ("bfloat16", "3.39e38", 0x1.FEp127)
        ] {
            let file = try TensorTextFile(tensors(dtype, "[]", "[\(number)]"))
            #expect(try file.tensor(named: "x").floats() == [value], "\(dtype) \(number)")
        }
    }

    @Test func `inputs of another shape or dtype are the file's fault, tensors that no input takes are told`() throws {
        let graph = try echo("float32", #"["n", 2]"#)
        let inputs = try tensors("float32", "[4]", "[0, 1, 1, 0]")
        for command in [
            ["eval", graph, "--inputs", inputs, "--print", "y"],
            ["parity", "--backend", "simd", "--graph", graph, "--inputs", inputs]
        ] {
            let outcome = try AttendProgram.run(command)
            #expect(outcome.code == 5, "\(outcome.errors)")
            #expect(
                outcome.errors.contains("\(inputs): \"x\": expected float32[n, 2], found float32[4]"),
                "\(outcome.errors)")
        }
        let more = try write(
            #"{"attend_tensors": 1, "tensors": [{"name": "x", "dtype": "float32", "shape": [1, 2], "data": ["nan", 2]}, {"name": "z", "dtype": "bool", "shape": [], "data": [true]}]}"#,
            "more.json")
        let outcome = try AttendProgram.run(["eval", graph, "--inputs", more, "--print", "y"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(
            outcome.errors.contains("\(more): the graph has no input for the tensors \"z\"\n"),
            "\(outcome.errors)")
        #expect(outcome.output.contains("nan    2"), "\(outcome.output)")
    }

    @Test func `labels of a file that don't fit are the file's fault`() throws {
        let graph = try echo("float32", #"["n", 2]"#)
        for (labels, mentions) in [
            (#"{"n": ["a"]}"#, "expected 2 labels for \"n\", found 1"), (#"{"m": ["a", "b"]}"#, "\"m\"")
        ] {
            let inputs = try tensors("float32", "[2, 2]", "[0, 1, 1, 0]", labels: labels)
            let outcome = try AttendProgram.run(["eval", graph, "--inputs", inputs, "--grid", "y"])
            #expect(outcome.code == 5, "\(outcome.errors)")
            #expect(outcome.errors.contains(mentions), "\(outcome.errors)")
            #expect(outcome.errors.contains("tensors.json"))
        }
        // A label can't steer the terminal.
        let inputs = try tensors("float32", "[2, 2]", "[0, 1, 1, 0]", labels: #"{"n": ["\u001b[31m", "b"]}"#)
        let drawn = try AttendProgram.run(["eval", graph, "--inputs", inputs, "--grid", "y"])
        #expect(drawn.code == 0)
        #expect(!drawn.output.contains("\u{1B}"))
        #expect(drawn.output.contains("\u{FFFD}[31m"))
    }

    @Test(arguments: [
        ("float32", "[3]", "[1, 2, 3]", Int32(64), "two dimensions"), ("float32", "[]", "[1]", 64, "two dimensions"),
        ("int64", "[1, 2]", "[1, 2]", 64, "not floating-point"), ("float32", "[1, 2]", "[1, -2]", 1, "-2.0")
    ])
    func `what is no grid of weights is refused`(
        _ dtype: String, _ shape: String, _ data: String, _ code: Int32, _ mentions: String
    ) throws {
        let (graph, inputs) = (try echo(dtype, shape), try tensors(dtype, shape, data))
        let drawn = try AttendProgram.run(["eval", graph, "--inputs", inputs, "--grid", "y"])
        #expect(drawn.code == code, "\(drawn)")
        #expect(drawn.output.isEmpty, "\(drawn)")
        #expect(drawn.errors.contains(mentions), "\(drawn)")
        #expect(try AttendProgram.run(["eval", graph, "--inputs", inputs, "--print", "y"]).code == 0)
    }

    @Test func `grids of many heads, of nothing and of no numbers`() throws {
        func drawn(_ shape: String, _ data: String) throws -> [Substring] {
            let (graph, inputs) = (try echo("float32", shape), try tensors("float32", shape, data))
            return try AttendProgram.run(["eval", graph, "--inputs", inputs, "--grid", "y"]).output.split(
                separator: "\n")
        }
        #expect(
            try drawn("[2, 1, 2]", "[1, 0, 0.5, 0.1]").dropLast() == [
                "y  float32[2, 1, 2]", "y[0]", "  0   1", "0 ███ ·", "y[1]", "  0   1", "0 ▓▓▓ ░░░"
            ])
        #expect(try drawn("[1, 3]", #"["nan", "inf", 2]"#)[2] == "0 ?   ?   ███")
        #expect(try drawn("[1, 2]", "[0, 0]").last == "· nothing is above 0")
        #expect(try drawn("[2, 0]", "[]").first == "y  float32[2, 0]")
        #expect(try drawn("[0, 2]", "[]").count == 3)
    }

    @Test func `integers, bools and what is no number are printed`() throws {
        for (dtype, data, printed, json) in [
            (
                "int64", "[-9223372036854775808, 7]", "-9223372036854775808                     7",
                "[\n        -9223372036854775808"
            ),
            ("bool", "[true, false]", " true  false", "true"), ("float32", #"["nan", 1e-7]"#, "  nan  1e-07", "\"nan\"")
        ] {
            let (graph, inputs) = (try echo(dtype, "[2]"), try tensors(dtype, "[2]", data))
            let plain = try AttendProgram.run(["eval", graph, "--inputs", inputs, "--print", "y"])
            #expect(plain.output == "y  \(dtype)[2]\n\(printed)\n", "\(plain)")
            let report = try AttendProgram.run(["eval", graph, "--inputs", inputs, "--print", "y", "--json"])
            let outputs = try JSONNode(JSONValue(parsing: report.output)).required("outputs").elements()
            #expect(try outputs[0].required("data").elements().count == 2)
            #expect(report.output.contains(json.split(separator: " ").last ?? ""))
        }
    }
}
