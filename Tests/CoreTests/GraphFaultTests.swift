import AttendRuntime
import TestSupport
import Testing

/// Every fault that a graph file can have is an error that names the place.
@Suite struct GraphFaultTests {
    private static func graph(_ nodes: String, outputs: String = #"{"y": "n"}"#, more: String = "") -> String {
        #"""
        {"attend": 1, "inputs": [{"name": "x", "dtype": "float32", "shape": ["tokens", 4]}, \#
        {"name": "i", "dtype": "int64", "shape": [2]}], \#(more)"nodes": [\#(nodes)], "outputs": \#(outputs)}
        """#
    }

    private static let faults: [(what: String, text: String, says: [String])] = [
        ("no JSON", "{", ["line 1"]),
        ("another version", #"{"attend": 2, "outputs": {}}"#, ["version 2"]),
        ("an unknown key", #"{"attend": 1, "nods": [], "outputs": {"y": "x"}}"#, ["nods", "nodes"]),
        ("no outputs", graph("", outputs: "{}"), ["no outputs"]),
        (
            "an unknown operation", graph(#"{"name": "n", "op": "sofmax", "inputs": {"input": "x"}}"#),
            ["\"n\"", "sofmax", "softmax"]
        ),
        (
            "a negative version", graph(#"{"name": "n", "op": "softmax.v-1", "inputs": {"input": "x"}}"#),
            ["\"n\"", "softmax.v-1"]
        ),
        (
            "an unknown version", graph(#"{"name": "n", "op": "softmax.v9", "inputs": {"input": "x"}}"#),
            ["\"n\"", "softmax.v9"]
        ),
        (
            "an unknown attribute",
            graph(#"{"name": "n", "op": "softmax", "inputs": {"input": "x"}, "attributes": {"axes": 1}}"#),
            ["\"n\"", "axes", "axis"]
        ),
        (
            "a mistyped attribute",
            graph(#"{"name": "n", "op": "softmax", "inputs": {"input": "x"}, "attributes": {"axis": "last"}}"#),
            ["\"n\"", "axis", "integer"]
        ),
        (
            "a missing attribute", graph(#"{"name": "n", "op": "transpose", "inputs": {"input": "x"}}"#),
            ["\"n\"", "permutation"]
        ),
        (
            "an unknown choice",
            graph(#"{"name": "n", "op": "gelu", "inputs": {"input": "x"}, "attributes": {"approximation": "fast"}}"#),
            ["\"n\"", "fast", "tanh"]
        ),
        (
            "a bad size in an attribute",
            graph(#"{"name": "n", "op": "iota", "attributes": {"shape": ["2 *"], "axis": 0}}"#),
            ["node \"n\"", "nodes[0].attributes.shape[0]", "2 *"]
        ),
        ("a missing input", graph(#"{"name": "n", "op": "add", "inputs": {"lhs": "x"}}"#), ["\"n\"", "rhs"]),
        (
            "an unknown input", graph(#"{"name": "n", "op": "exp", "inputs": {"inptu": "x"}}"#),
            ["\"n\"", "inptu", "input"]
        ),
        (
            "a list where one value belongs", graph(#"{"name": "n", "op": "exp", "inputs": {"input": ["x", "x"]}}"#),
            ["\"n\"", "not a list"]
        ),
        (
            "no inputs to concatenate",
            graph(#"{"name": "n", "op": "concatenate", "inputs": {"inputs": []}, "attributes": {"axis": 0}}"#),
            ["\"n\"", "at least one"]
        ),
        ("an unknown value", graph(#"{"name": "n", "op": "exp", "inputs": {"input": "z"}}"#), ["\"n\"", "\"z\""]),
        (
            "an unknown output",
            graph(#"{"name": "n", "op": "exp", "inputs": {"input": "x"}}"#, outputs: #"{"y": "m"}"#), ["\"y\"", "\"m\""]
        ),
        (
            "an output that the node lacks",
            graph(#"{"name": "n", "op": "exp", "inputs": {"input": "x"}}"#, outputs: #"{"y": "n.pattern"}"#),
            ["n.pattern"]
        ),
        (
            "a duplicate node",
            graph(
                #"""
                {"name": "n", "op": "exp", "inputs": {"input": "x"}}, {"name": "n", "op": "exp", \#
                "inputs": {"input": "x"}}
                """#
            ), ["\"n\"", "duplicate name"]
        ),
        (
            "a node named like an input",
            graph(#"{"name": "x", "op": "exp", "inputs": {"input": "x"}}"#, outputs: #"{"y": "x"}"#),
            ["\"x\"", "duplicate name"]
        ),
        ("a dot in a name", graph(#"{"name": "n.m", "op": "exp", "inputs": {"input": "x"}}"#), ["n.m", "dot"]),
        (
            "a cycle",
            graph(
                #"""
                {"name": "a", "op": "exp", "inputs": {"input": "b"}}, {"name": "b", "op": "exp", \#
                "inputs": {"input": "a"}}
                """#,
                outputs: #"{"y": "a"}"#), ["cycle", "\"a\"", "\"b\""]
        ),
        (
            "a node that reads itself", graph(#"{"name": "n", "op": "exp", "inputs": {"input": "n"}}"#),
            ["cycle", "\"n\""]
        ),
        (
            "mixed dtypes", graph(#"{"name": "n", "op": "add", "inputs": {"lhs": "x", "rhs": "i"}}"#),
            ["\"n\"", "float32", "int64"]
        ),
        (
            "shapes that can't agree",
            graph(
                #"""
                {"name": "n", "op": "matmul", "inputs": {"lhs": "x", "rhs": "x"}, \#
                "attributes": {"transpose_lhs": false, "transpose_rhs": false}}
                """#,
                more: ""
            ).replacing("\"tokens\", 4", with: "3, 4"), ["\"n\"", "inner sizes"]
        ),
        (
            "an axis outside",
            graph(#"{"name": "n", "op": "softmax", "inputs": {"input": "x"}, "attributes": {"axis": 2}}"#),
            ["\"n\"", "axis 2"]
        ),
        (
            "a reshape that does not fit",
            graph(#"{"name": "n", "op": "reshape", "inputs": {"input": "i"}, "attributes": {"shape": [3]}}"#),
            ["\"n\"", "[3]"]
        ),
        (
            "an unknown dtype",
            graph(#"{"name": "n", "op": "cast", "inputs": {"input": "x"}, "attributes": {"dtype": "float64"}}"#),
            ["\"n\"", "dtype"]
        ),
        (
            "an unknown input dtype",
            #"{"attend": 1, "inputs": [{"name": "x", "dtype": "double", "shape": []}], "outputs": {"y": "x"}}"#,
            ["double", "float32"]
        ),
        (
            "a size that is none",
            #"{"attend": 1, "inputs": [{"name": "x", "dtype": "float32", "shape": ["a +"]}], "outputs": {"y": "x"}}"#,
            ["a +"]
        ),
        (
            "a negative size",
            #"{"attend": 1, "inputs": [{"name": "x", "dtype": "float32", "shape": [-2]}], "outputs": {"y": "x"}}"#,
            ["\"x\"", "-2"]
        ),
        (
            "data that does not fit its shape",
            graph(
                "", outputs: #"{"y": "c"}"#,
                more: #""constants": [{"name": "c", "dtype": "float32", "shape": [3], "data": [1]}], "#), ["\"c\"", "3"]
        ),
        (
            "a file outside of the folder",
            graph("", outputs: #"{"y": "c"}"#, more: #""constants": [{"name": "c", "file": "../w.safetensors"}], "#),
            ["\"c\"", ".."]
        ),
        (
            "an absolute file",
            graph("", outputs: #"{"y": "c"}"#, more: #""constants": [{"name": "c", "file": "/w.safetensors"}], "#),
            ["\"c\"", "/w"]
        ),
        (
            "a file that is missing",
            graph("", outputs: #"{"y": "c"}"#, more: #""constants": [{"name": "c", "file": "none.safetensors"}], "#),
            ["none.safetensors"]
        ),
        (
            "an update of what is no state", graph("", outputs: #"{"y": "x"}"#, more: #""updates": {"x": "x"}, "#),
            ["\"x\"", "state"]
        ),
        (
            "a function that calls itself",
            graph(
                #"{"name": "n", "op": "f", "inputs": {"a": "x"}}"#,
                more:
                    #"""
                    "functions": [{"name": "f", "inputs": ["a"], "nodes": [{"name": "m", "op": "f", \#
                    "inputs": {"a": "a"}}], "outputs": {"o": "m"}}],
                    """#
            ), ["\"n\"", "recursive"]
        ),
        (
            "a function named like a primitive",
            graph(
                "", outputs: #"{"y": "x"}"#,
                more: #""functions": [{"name": "exp", "inputs": ["a"], "nodes": [], "outputs": {"o": "a"}}], "#),
            ["\"exp\""]
        ),
        (
            "a window of 0",
            graph(
                #"""
                {"name": "n", "op": "attention", "inputs": {"query": "q", "key": "q", "value": "q"}, \#
                "attributes": {"window": 0}}
                """#
            ).replacing(
                #""shape": ["tokens", 4]}"#,
                with: #""shape": ["tokens", 4]}, {"name": "q", "dtype": "float32", "shape": [1, 2, 3, 4]}"#),
            ["\"n\"", "window"]
        )
    ]

    @Test(arguments: 0..<faults.count) func `a fault is named with its place`(index: Int) throws {
        let (folder, fault) = (try TemporaryFolder(), Self.faults[index])
        let path = try folder.write(fault.text, "graph.json")
        let error = #expect(throws: GraphFileError.self, "\(fault.what)") { try Graph(contentsOf: path) }
        let text = "\(try #require(error))"
        for word in fault.says { #expect(text.contains(word), "\(fault.what): \(text)") }
        #expect(text.contains(folder.path), "\(fault.what): \(text)")
    }

    @Test func `a missing graph file is an error`() {
        expectError(GraphFileError.self, saying: "/nowhere/graph.json", "No such file") {
            try Graph(contentsOf: "/nowhere/graph.json")
        }
    }
}
