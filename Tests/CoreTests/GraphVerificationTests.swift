import AttendRuntime
import TestSupport
import Testing

/// A graph file with one thing wrong, and what its error must mention.
struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let json: String
    let mentions: [String]

    init(_ what: String, _ json: String, _ mentions: String...) {
        (testDescription, self.json, self.mentions) = (what, json, mentions)
    }

    /// One node `bad`, before a good one, over inputs `x` [tokens, 4], `y` [3, 5], `i` (int64) and `b` (bool).
    init(node what: String, _ node: String, _ mentions: String...) {
        let json = Fault.file(nodes: "{\"name\": \"bad\", \(node)}")
        (testDescription, self.json, self.mentions) = (what, json, ["\"bad\""] + mentions)
    }

    static let inputs = """
        {"name": "x", "dtype": "float32", "shape": ["tokens", 4]}, {"name": "y", "dtype": "float32", "shape": [3, 5]},
        {"name": "i", "dtype": "int64", "shape": [2]}, {"name": "b", "dtype": "bool", "shape": [4]}
        """

    static func file(
        _ extra: String = "", inputs: String = Fault.inputs, nodes: String = "",
        outputs: String = "\"outputs\": {\"out\": \"x\"}"
    ) -> String {
        "{\"attend\": 1, \(extra) \"inputs\": [\(inputs)], \"nodes\": [\(nodes)], \(outputs)}"
    }

    static let files = [
        Fault("no version", #"{"nodes": [], "outputs": {}}"#, "attend"),
        Fault("no object", "[]"),
        Fault("a key given twice", file(#""name": "a", "name": "b","#), "name"),
        Fault(
            "an unknown key of an input", file(inputs: #"{"name": "x", "dtype": "bool", "shape": [], "size": 1}"#),
            "inputs[0]", "size"),
        Fault(
            "an unknown key of a node",
            file(nodes: #"{"name": "n", "op": "exp", "inputs": {"input": "x"}, "device": 1}"#),
            "nodes[0]", "device"),
        Fault(
            "the smallest size", file(inputs: #"{"name": "x", "dtype": "bool", "shape": [-9223372036854775808]}"#),
            "\"x\""),
        Fault(
            "a size with a fraction", file(inputs: #"{"name": "x", "dtype": "bool", "shape": [1.5]}"#),
            "inputs[0].shape[0]"),
        Fault("a dot in a name", file(inputs: #"{"name": "x.y", "dtype": "bool", "shape": []}"#), "x.y", "dot"),
        Fault("an empty name", file(inputs: #"{"name": "", "dtype": "bool", "shape": []}"#), "empty"),
        Fault("two inputs of one name", file(inputs: inputs + "," + inputs), "\"x\"", "duplicate name"),
        Fault(
            "a cycle of three",
            file(
                nodes:
                    #"""
                    {"name": "p", "op": "exp", "inputs": {"input": "r"}}, {"name": "q", "op": "exp", \#
                    "inputs": {"input": "p"}}, {"name": "r", "op": "exp", "inputs": {"input": "q"}}
                    """#
            ), "\"p\"", "\"q\"", "\"r\"", "cycle"),
        Fault(
            "a cycle by a second output",
            file(
                nodes:
                    #"""
                    {"name": "p", "op": "attention", "inputs": {"query": "q", "key": "q", "value": "q"}}, \#
                    {"name": "q", "op": "exp", "inputs": {"input": "p.pattern"}}
                    """#
            ), "\"p\" → \"q\" → \"p\""),
        Fault(
            "an update of another type",
            file(
                #""states": [{"name": "s", "dtype": "float32", "shape": [4]}],"#,
                outputs: #""outputs": {"out": "x"}, "updates": {"s": "b"}"#), "\"s\"", "bool[4]"),
        Fault(
            "an update of nothing",
            file(
                #""states": [{"name": "s", "dtype": "float32", "shape": [4]}],"#,
                outputs: #""outputs": {"out": "x"}, "updates": {"s": "z"}"#), "\"s\"", "\"z\""),
        constant("a path out of a folder inside", #""file": "w/../../w.safetensors""#, "\"c\"", ".."),
        constant("file and data", #""file": "w.safetensors", "data": [1]"#, "constants[0]", "data"),
        constant(
            "a shape beyond all numbers", #""dtype": "bool", "shape": [9223372036854775807, 2], "data": []"#, "\"c\""),
        constant(
            "a fraction for an integer", #""dtype": "int32", "shape": [1], "data": [1.5]"#, "constants[0].data[0]"),
        constant(
            "an integer too large", #""dtype": "int32", "shape": [1], "data": [2147483648]"#, "constants[0].data[0]"),
        constant("a number for a bool", #""dtype": "bool", "shape": [1], "data": [1]"#, "constants[0].data[0]"),
        constant("no number", #""dtype": "float32", "shape": [1], "data": ["infinity"]"#, "constants[0].data[0]"),
        function(
            "two functions that call each other",
            #"""
            {"name": "f", "inputs": ["v"], "nodes": [{"name": "m", "op": "g", "inputs": {"v": "v"}}], \#
            "outputs": {"o": "m"}}, {"name": "g", "inputs": ["v"], "nodes": [{"name": "m", "op": "f", \#
            "inputs": {"v": "v"}}], "outputs": {"o": "m"}}
            """#,
            "\"n\"", "recursive"),
        function(
            "a function that reads nothing",
            #"""
            {"name": "f", "inputs": ["v"], "nodes": [{"name": "m", "op": "exp", "inputs": {"input": "w"}}], \#
            "outputs": {"o": "m"}}
            """#,
            "\"n\"", "\"m\"", "\"w\""),
        function(
            "a function whose nodes don't fit",
            #"""
            {"name": "f", "inputs": ["v"], "nodes": [{"name": "m", "op": "not", "inputs": {"input": "v"}}], \#
            "outputs": {"o": "m"}}
            """#,
            "\"n\"", "bool"),
        function(
            "a function with a cycle",
            #"""
            {"name": "f", "inputs": ["v"], "nodes": [{"name": "m", "op": "exp", "inputs": {"input": "m"}}], \#
            "outputs": {"o": "m"}}
            """#,
            "\"m\"", "cycle"),
        function(
            "a function named like an operation",
            #"{"name": "softmax", "inputs": ["v"], "nodes": [], "outputs": {"o": "v"}}"#, "\"softmax\"",
            "duplicate name"),
        function(
            "a function without outputs", #"{"name": "f", "inputs": ["v"], "nodes": [], "outputs": {}}"#, "\"f\"",
            "outputs")
    ]

    static func constant(_ what: String, _ members: String, _ mentions: String...) -> Fault {
        var fault = Fault(what, file("\"constants\": [{\"name\": \"c\", \(members)}],"))
        fault = Fault(copying: fault, mentions)
        return fault
    }

    static func function(_ what: String, _ functions: String, _ mentions: String...) -> Fault {
        let call = #"{"name": "n", "op": "f", "inputs": {"v": "x"}}"#
        return Fault(copying: Fault(what, file("\"functions\": [\(functions)],", nodes: call)), mentions)
    }

    private init(copying other: Fault, _ mentions: [String]) {
        (testDescription, json, self.mentions) = (other.testDescription, other.json, mentions)
    }

    static let nodes = [
        Fault(node: "a missing operation", #""inputs": {"input": "x"}"#, "op"),
        Fault(
            node: "an attribute that is null",
            #""op": "softmax", "inputs": {"input": "x"}, "attributes": {"axis": null}"#, "axis"),
        Fault(
            node: "an infinite epsilon",
            #""op": "rms_norm", "inputs": {"input": "x"}, "attributes": {"epsilon": "inf"}"#, "epsilon"),
        Fault(node: "no inputs at all", #""op": "exp""#, "input", "missing"),
        Fault(node: "an output that is not there", #""op": "exp", "inputs": {"input": "x.pattern"}"#, "x.pattern"),
        Fault(node: "a list left out", #""op": "concatenate", "attributes": {"axis": 0}"#, "inputs"),
        Fault(
            node: "parts that don't line up",
            #""op": "concatenate", "inputs": {"inputs": ["x", "y"]}, "attributes": {"axis": 0}"#),
        Fault(node: "inner sizes that differ", #""op": "matmul", "inputs": {"lhs": "x", "rhs": "y"}"#, "4", "3"),
        Fault(node: "a product of vectors", #""op": "matmul", "inputs": {"lhs": "x", "rhs": "b"}"#),
        Fault(node: "arithmetic on bools", #""op": "add", "inputs": {"lhs": "b", "rhs": "b"}"#, "bool"),
        Fault(node: "a logarithm of integers", #""op": "log", "inputs": {"input": "i"}"#, "int64"),
        Fault(
            node: "a condition that is no bool",
            #""op": "where", "inputs": {"condition": "x", "lhs": "x", "rhs": "x"}"#, "condition"),
        Fault(
            node: "an axis named twice",
            #""op": "reduce_sum", "inputs": {"input": "x"}, "attributes": {"axes": [1, -1]}"#, "duplicate axis"),
        Fault(
            node: "no permutation",
            #""op": "transpose", "inputs": {"input": "x"}, "attributes": {"permutation": [0, 0]}"#),
        Fault(
            node: "a reshape with two unknowns",
            #""op": "reshape", "inputs": {"input": "y"}, "attributes": {"shape": [-1, -1]}"#, "-1"),
        Fault(
            node: "a step of zero",
            #"""
            "op": "slice", "inputs": {"input": "y"}, "attributes": {"axes": [0], "starts": [0], "ends": [3], \#
            "steps": [0]}
            """#
        ),
        Fault(
            node: "lists of unequal length",
            #""op": "slice", "inputs": {"input": "y"}, "attributes": {"axes": [0], "starts": [0, 1], "ends": [3]}"#),
        Fault(
            node: "indices that are no integers", #""op": "gather", "inputs": {"input": "x", "indices": "x"}"#,
            "indices"),
        Fault(
            node: "heads that don't divide the width",
            #"""
            "op": "self_attention", "inputs": {"input": "y", "query_weight": "y", "key_weight": "y", \#
            "value_weight": "y", "output_weight": "y"}, "attributes": {"heads": 2}
            """#,
            "3 rows, not a multiple of 2 heads")
    ]
}

/// What the builder checks, as a reader of a file and a caller in Swift meet it.
@Suite struct GraphVerificationTests {
    @Test(arguments: Fault.files + Fault.nodes)
    func `a fault is named with its place`(_ fault: Fault) throws {
        let folder = try TemporaryFolder()
        let error = try #require(throws: GraphFileError.self) { try folder.graph(fault.json) }
        #expect(error.description.contains("graph.json"), "\(error)")
        for text in fault.mentions { #expect(error.description.contains(text), "\(error) names no \(text)") }
    }

    @Test func `the frame of the faulty files is sound`() throws {
        let folder = try TemporaryFolder()
        let graph = try folder.graph(Fault.file(nodes: #"{"name": "good", "op": "exp", "inputs": {"input": "x"}}"#))
        #expect(graph.symbols == ["tokens"])
    }

    @Test func `the builder names the node as well`() throws {
        let graph = GraphBuilder("faulty")
        let x = try graph.input("x", .float32, ["tokens", 4])
        let i = try graph.input("i", .int32, [4])
        func fails(_ mentions: String..., by body: () throws -> Void) throws {
            let error = try #require(throws: GraphError.self, performing: body)
            for text in mentions { #expect(error.description.contains(text), "\(error)") }
        }
        try fails("\"sum\"", "float32 and int32") { try graph.apply(.add, [x, i], named: "sum") }
        try fails("\"soft\"", "axis 5") {
            try graph.apply("softmax", inputs: ["input": x], attributes: ["axis": .integer(5)], named: "soft")
        }
        try fails("\"odd\"", "\"expp\"") { try graph.apply("expp", inputs: ["input": x], named: "odd") }
        try fails("\"part\"", "\"rhs\"", "missing") { try graph.apply("add", inputs: ["lhs": x], named: "part") }
        try fails("\"one\"", "2 inputs") { try graph.apply(.add, [x], named: "one") }
        try fails("\"x\"", "duplicate name") { try graph.input("x", .bool, []) }
        try fails("\"a.b\"", "dot") { try graph.input("a.b", .bool, []) }
        try fails("\"n\"", "-3") { try graph.input("n", .bool, ["2 - 5"]) }
        try fails("\"x\"", "state") { try graph.update(x, with: x) }
        try fails("\"faulty\"", "no outputs") { _ = try graph.build() }
        try graph.output("out", x)
        try fails("\"out\"", "two") { try graph.output("out", i) }
        let state = try graph.state("s", .float32, [4])
        try fails("\"s\"", "int32[4]") { try graph.update(state, with: i) }
        try graph.update(state, with: state + 1)
        try fails("\"s\"", "twice") { try graph.update(state, with: state) }
        // What failed left nothing behind: its name is free.
        try graph.apply(.exp, [x], named: "sum")
        #expect(try graph.build().nodes.map(\.name) == ["add_1", "sum"])
    }

    @Test func `symbols must be one symbol where sizes must agree`() throws {
        let graph = GraphBuilder("symbols")
        let a = try graph.input("a", .float32, ["n"])
        let b = try graph.input("b", .float32, ["m"])
        let error = try #require(throws: GraphError.self) { try a + b }
        #expect(error.description.contains("one symbol"))
    }
}
