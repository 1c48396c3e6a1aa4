import ArgumentParser
import AttendBackends
import AttendCore

/// The options that choose and set up a backend.
struct BackendChoice: ParsableArguments {
    @Option(
        name: .long,
        help:
            "The backend: reference (or naive), simd, openblas, opencl[:DEVICE], or a plug-in's. Default: ATTEND_BACKEND, else simd. Never falls back."
    )
    var backend: String?

    @Option(name: .long, help: "Threads to compute with. Default: one for each processor.")
    var threads: Int?

    @OptionGroup var plugins: PluginChoice

    func validate() throws {
        if let threads, threads < 1 || threads > 1024 {
            throw ValidationError("--threads must be between 1 and 1024, found \(threads)")
        }
    }

    func make() throws -> any ComputeBackend {
        try plugins.registry().backend(named: backend, options: BackendOptions(threads: threads))
    }
}

extension DeviceDescription {
    /// `Xeon, 2 threads, AVX-512`.
    var line: String {
        var parts = [name, "\(threads) thread\(threads == 1 ? "" : "s")"]
        if let instructionSet { parts.append(instructionSet) }
        if let library { parts.append(library) }
        return parts.joined(separator: ", ")
    }

    var json: JSONValue {
        var members: [JSONValue.Member] = [.init("name", .string(name)), .init("threads", .integer(threads))]
        if let instructionSet { members.append(.init("instruction_set", .string(instructionSet))) }
        if let library { members.append(.init("library", .string(library))) }
        return .object(members)
    }
}
