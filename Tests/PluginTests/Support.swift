import AttendPlugin
import AttendRuntime
import PluginSupport
import Testing

/// The plug-in whose faults are chosen when it is compiled.
enum Faulty {
    static let source = "\(CCompiler.root)/Tests/PluginTests/Fixtures/faulty.c"

    /// A library of its own, so that each is loaded and started once, as a user would.
    static func plugin(
        _ flags: [String] = [], in folder: PluginFolder, library: String = "libfaulty"
    ) throws -> Plugin {
        try Plugin(path: folder.build(source, library: library, name: "faulty", flags: flags.map { "-D\($0)" }))
    }

    /// The backend; once loaded, its library need not lie there any longer.
    static func backend(_ flags: [String] = [], threads: Int? = nil) throws -> any ComputeBackend {
        let folder = try PluginFolder()
        return try withExtendedLifetime(folder) { try plugin(flags, in: folder).makeBackend(threads: threads) }
    }

    /// What making a backend of it throws.
    static func error(_ flags: [String]) throws -> PluginError {
        let folder = try PluginFolder()
        let plugin = try plugin(flags, in: folder)
        do throws(PluginError) {
            _ = try plugin.makeBackend()
        } catch {
            #expect(error.path == "\(folder.path)/libfaulty.so")
            return error
        }
        throw NoError(flags: flags)
    }

    struct NoError: Error { let flags: [String] }
}

/// `x · y + x`, of two elements.
enum Sample {
    static func graph() throws -> Graph {
        let builder = GraphBuilder("sample")
        let x = try builder.input("x", .float32, [2])
        let y = try builder.input("y", .float32, [2])
        try builder.output("sum", (x * y) + x)
        return try builder.build()
    }

    static func run(on backend: any ComputeBackend) throws -> [Float] {
        let inputs = try ["x": Tensor([1, 2] as [Float], shape: [2]), "y": Tensor([10, 20] as [Float], shape: [2])]
        return try #require(try graph().run(inputs, on: backend)["sum"]).floats()
    }

    /// What running it throws.
    static func error(on backend: any ComputeBackend) throws -> RunError {
        do {
            _ = try run(on: backend)
        } catch let error as RunError {
            return error
        }
        throw Faulty.NoError(flags: [])
    }
}
