import AttendRegistry
import AttendRuntime
import Testing

/// The name `auto` means the same in a library as in the program.
@Suite struct AutomaticNameTests {
    @Test func `auto makes a backend, for a graph or without one`() throws {
        let registry = BackendRegistry.builtIn
        let choice = try registry.fastest(profiles: ProfileStore(path: nil))
        let names = ["simd", "openblas", "opencl"]
        #expect(names.contains(choice.backend.device.backend))
        #expect(choice.reason.contains(" ms"))
        #expect(choice.ranking.best.map { choice.ranking.entries.map(\.backend).contains($0.backend) } == true)
        let builder = GraphBuilder("sum")
        let input = try builder.input("input", .float32, ["n"])
        try builder.output("output", input + input)
        let graph = try builder.build()
        let inputs = ["input": try Tensor([1, 2] as [Float], shape: [2])]
        for backend in [
            choice.backend, try registry.backend(named: BackendRegistry.automaticName),
            try registry.backend(named: BackendRegistry.automaticName, for: graph, inputs: inputs)
        ] {
            #expect(names.contains(backend.device.backend))
            #expect(try graph.run(inputs, on: backend)["output"]?.floats() == [2, 4])
        }
        // Any other name is that backend, whatever the graph.
        #expect(try registry.backend(named: "naive", for: graph, inputs: inputs).device.backend == "reference")
    }

    @Test func `a name that is none is told with the nearest one`() throws {
        for (name, near) in [("SIMD", "simd"), ("open-cl", "opencl"), ("Auto", "auto"), ("naif", "naive")] {
            let error = try #require(throws: BackendUnavailable.self) {
                try BackendRegistry.builtIn.backend(named: name)
            }
            #expect("\(error)".contains("did you mean \"\(near)\"?"), "\(error)")
        }
        let error = try #require(throws: BackendUnavailable.self) {
            try BackendRegistry.builtIn.backend(named: "cuda-12")
        }
        let names = (BackendRegistry.builtIn.entries.map(\.name) + ["auto"]).joined(separator: ", ")
        #expect("\(error)".contains("known backends: \(names)"), "\(error)")
    }
}
