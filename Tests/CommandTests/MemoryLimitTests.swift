import Foundation
import Testing

#if os(Linux)
    /// What a process is not allowed to take is refused with an error, on every backend: no array and no allocator ends it.
    @Suite struct MemoryLimitTests {
        /// Graphs of a few hundred bytes that ask for more than is allowed, in a value, an output or a kernel's own work.
        private static let graphs = [
            "value": """
            {"attend": 1, "inputs": [], "nodes": [
            {"name": "i", "op": "iota", "inputs": {}, "attributes": {"shape": [2, 2147483648], "axis": 1}},
            {"name": "y", "op": "slice", "inputs": {"input": "i"},
             "attributes": {"axes": [1], "starts": [0], "ends": [3]}}], "outputs": {"y": "y"}}
            """,
            "output": """
            {"attend": 1, "inputs": [], "nodes": [
            {"name": "i", "op": "iota", "inputs": {}, "attributes": {"shape": [250000000], "axis": 0, "dtype": "float32"}}],
            "outputs": {"y": "i"}}
            """,
            "random": """
            {"attend": 1, "inputs": [], "constants": [{"name": "c", "dtype": "int64", "shape": [], "data": [1]}],
            "nodes": [{"name": "w", "op": "random", "inputs": {"counter": "c"},
            "attributes": {"shape": [2, 2147483648], "seed": 7}}], "outputs": {"w": "w"}}
            """,
            "attention": """
            {"attend": 1, "inputs": [], "nodes": [
            {"name": "i", "op": "iota", "inputs": {}, "attributes": {"shape": [1, 1, 25000000, 1], "axis": 2, "dtype": "float32"}},
            {"name": "q", "op": "slice", "inputs": {"input": "i"}, "attributes": {"axes": [2], "starts": [0], "ends": [64]}},
            {"name": "a", "op": "attention", "inputs": {"query": "q", "key": "i", "value": "i"}}], "outputs": {"a": "a"}}
            """,
            "pattern": """
            {"attend": 1, "inputs": [], "nodes": [
            {"name": "i", "op": "iota", "inputs": {}, "attributes": {"shape": [1, 1, 25000000, 1], "axis": 2, "dtype": "float32"}},
            {"name": "q", "op": "slice", "inputs": {"input": "i"}, "attributes": {"axes": [2], "starts": [0], "ends": [64]}},
            {"name": "a", "op": "attention", "inputs": {"query": "q", "key": "i", "value": "i"}}], "outputs": {"p": "a.pattern"}}
            """
        ]

        @Test(arguments: ["reference", "simd", "openblas"], graphs.keys.sorted())
        func `a limit of the address space gives an error`(backend: String, graph: String) throws {
            let folder = try AttendProgram.temporaryFolder()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let text = try #require(Self.graphs[graph])
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/graph.json"))
            let run = try AttendProgram.run(
                ["eval", "\(folder)/graph.json", "--backend", backend, "--output", "\(folder)/out.safetensors"],
                addressSpace: 1_000_000)
            // Scores of 25 million keys are never all in memory there.
            guard backend != "simd" || graph != "attention" else {
                #expect(run.code == 0, "\(run.errors)")
                return
            }
            // Exit code 4 where the machine lacks the library.
            #expect(
                !run.isSignal && (run.code == 1 || backend == "openblas" && run.code == 4), "\(run.code) \(run.errors)")
            #expect(run.errors.contains("bytes") || run.code == 4, "\(run.errors)")
        }
    }
#endif
