import ArgumentParser
import AttendBackends
import AttendCore
import AttendPlugin
import Foundation

/// The options that choose and set up a backend.
struct BackendChoice: ParsableArguments {
    @Option(
        name: .long,
        help:
            "The backend: reference (or naive), simd, openblas, opencl[:DEVICE], a plug-in's, or auto for the one that is expected to be fastest. Default: ATTEND_BACKEND, else simd. Runs everything or fails, unless --fallback is given."
    )
    var backend: String?

    @Option(
        name: .long,
        help:
            "A backend for what --backend has no kernel for. Repeatable, the first comes first. Values are copied between them."
    )
    var fallback: [String] = []

    @Option(
        name: .long,
        help:
            "With --fallback, who runs what: named (the backend all that it can, the fallbacks the rest) or cost (whichever way is expected to take the least time, copies included). Default: cost among built-in backends, named with a plug-in."
    )
    var placement: PlacementChoice?

    @Flag(name: .long, help: "Print on stderr where each operation ran, and why.")
    var placements = false

    @Option(name: .long, help: "Threads to compute with. Default: one for each processor.")
    var threads: Int?

    @OptionGroup var plugins: PluginChoice

    func validate() throws {
        if let threads, threads < 1 || threads > 1024 {
            throw ValidationError("--threads must be between 1 and 1024, found \(threads)")
        }
        if placement != nil, fallback.isEmpty {
            throw ValidationError("--placement says how --fallback divides a graph; name a fallback")
        }
    }

    /// - Throws: `ValidationError` for `auto` where there is no graph to choose for.
    func make() throws -> ChosenBackends {
        LastWords.prepare()
        let (registry, options) = (try plugins.registry(), BackendOptions(threads: threads))
        guard !isAutomatic else {
            throw ValidationError("--backend auto chooses for a graph and its inputs: with run and eval")
        }
        let backend = try registry.backend(named: backend, options: options)
        var fallbacks: [any ComputeBackend] = []
        for name in fallback {
            let other = try registry.backend(named: name, options: options)
            guard !([backend] + fallbacks).contains(where: { $0.device.backend == other.device.backend }) else {
                throw ValidationError("--fallback \(name): \(other.device.backend) is named already")
            }
            fallbacks.append(other)
        }
        return ChosenBackends(
            backend: backend, fallbacks: fallbacks, placing: try placing(among: [backend] + fallbacks))
    }

    /// A plug-in is taken where it is named, whatever it costs: who brings one up wants to see it run.
    private func placing(among backends: [any ComputeBackend]) throws -> PlacementPolicy {
        guard backends.count > 1 else { return .named }
        let isBuiltIn = backends.allSatisfy { BackendRegistry.builtIn.entry(named: $0.device.backend) != nil }
        guard (placement ?? (isBuiltIn ? .cost : .named)) == .cost else { return .named }
        return .byCost(try ProfileStore().profiles(of: backends) { Terminal.log("placement: \($0)") })
    }
}

/// Who runs what, by the option's words.
enum PlacementChoice: String, ExpressibleByArgument, CaseIterable {
    case named, cost
}

extension BackendChoice {
    /// The backend, where one is named; nil for `auto`, see ``make(for:inputs:symbols:)``.
    func makeNamed() throws -> ChosenBackends? { isAutomatic ? nil : try make() }

    /// The same for a graph and its inputs, which `auto` chooses by.
    func make(for graph: Graph, inputs: [String: Tensor], symbols: [String: Int] = [:]) throws -> ChosenBackends {
        guard isAutomatic else { return try make() }
        guard fallback.isEmpty else {
            throw ValidationError("--backend auto runs everything on one backend; leave out --fallback")
        }
        let choice = try plugins.registry().fastest(
            for: graph, inputs: inputs, symbols: symbols, options: BackendOptions(threads: threads)
        ) { Terminal.log("auto: \($0)") }
        Terminal.log("auto: \(choice.backend.device.backend), by the time that is expected: \(choice.reason)")
        return ChosenBackends(backend: choice.backend, fallbacks: [], placing: .named)
    }

    /// `auto`, from the option or from `ATTEND_BACKEND`.
    private var isAutomatic: Bool {
        (backend ?? ProcessInfo.processInfo.environment["ATTEND_BACKEND"]) == BackendRegistry.automaticName
    }
}

/// The backend that runs a graph, and those for what it refuses.
struct ChosenBackends {
    var backend: any ComputeBackend
    var fallbacks: [any ComputeBackend]
    var placing: PlacementPolicy

    func program(_ graph: Graph, _ optimizer: Optimizer) -> Program {
        Program(graph, on: backend, fallingBackTo: fallbacks, optimizer: optimizer, placing: placing)
    }

    /// Says how costs divide the graph, where they do.
    func tellForecast(of program: Program, symbols: [String: Int]) throws {
        guard let forecast = try program.forecast(symbols: symbols) else { return }
        func milliseconds(_ seconds: Double) -> String { "\((seconds * 1000).formatted(decimals: 2)) ms" }
        let parts = zip(program.backends, forecast.nodeCounts).map { "\($1) on \($0.device.backend)" }
        let named =
            forecast.namedSeconds.map {
                ", \(milliseconds($0)) if \(device.backend) ran all that it can (--placement named)"
            } ?? ", as \(device.backend) can't run all of them"
        Terminal.log(
            "placement: by expected time: nodes \(parts.joined(separator: ", ")): \(milliseconds(forecast.seconds))\(named)"
        )
    }

    var device: DeviceDescription { backend.device }
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
