import ArgumentParser
import AttendPlugin
import AttendRegistry
import AttendRuntime
import Foundation

/// The options that choose and set up a backend.
struct BackendChoice: ParsableArguments {
    @Option(
        name: .long,
        help:
            """
            Backend: \(BackendRegistry.shownNames), a plug-in's name, or auto (lowest predicted run time). Default: \
            ATTEND_BACKEND, else simd. Without --fallback, an unsupported operation is an error.
            """,
        completion: .list(BackendRegistry.completions + [BackendRegistry.automaticName]))
    var backend: String?

    @Option(
        name: .long,
        help:
            """
            Backend for operations that --backend does not support. Repeatable, in order of preference. Values are \
            copied between backends.
            """,
        completion: .list(BackendRegistry.completions))
    var fallback: [String] = []

    @Option(
        name: .long,
        help:
            """
            Placement with --fallback: named (every supported node on --backend, the rest on the fallbacks) or cost \
            (lowest predicted run time, copies included). Default: cost among built-in backends, named with a plug-in.
            """,
        completion: .list(PlacementChoice.allCases.map(\.rawValue)), transform: Choice.parse("placement"))
    var placement: PlacementChoice?

    @Flag(name: .long, help: "Print on stderr where each operation ran, and why.")
    var placements = false

    @Option(name: .long, help: "Number of threads. Default: one per processor.")
    var threads: Int?

    @OptionGroup var plugins: PluginChoice

    func validate() throws {
        try Choice.checkThreads(threads)
        if placement != nil, fallback.isEmpty {
            throw ValidationError("--placement needs --fallback; name a fallback backend")
        }
    }

    /// Creates the backends; `auto` without a graph picks the fastest on a block of a small encoder.
    func make() throws -> ChosenBackends {
        LastWords.prepare()
        let (registry, options) = (try plugins.registry(), BackendOptions(threads: threads))
        guard !isAutomatic else {
            try requireNoFallback()
            let choice = try registry.fastest(options: options) { Terminal.log("auto: \($0)") }
            return chosen(choice)
        }
        let backend = try registry.backend(named: backend, options: options)
        var fallbacks: [any ComputeBackend] = []
        for name in fallback {
            guard name != BackendRegistry.automaticName else {
                throw ValidationError("--fallback \(name): name a backend; auto is a value of --backend only")
            }
            let other = try registry.backend(named: name, options: options)
            guard !([backend] + fallbacks).contains(where: { $0.device.backend == other.device.backend }) else {
                throw ValidationError("--fallback \(name): \(other.device.backend) is already named")
            }
            fallbacks.append(other)
        }
        return ChosenBackends(
            backend: backend, fallbacks: fallbacks, placing: try placing(among: [backend] + fallbacks))
    }

    /// By default a plug-in runs all that it can, independent of predicted times, because its author wants to test it.
    private func placing(among backends: [any ComputeBackend]) throws -> PlacementPolicy {
        guard backends.count > 1 else { return .named }
        let isBuiltIn = backends.allSatisfy { BackendRegistry.builtIn.entry(named: $0.device.backend) != nil }
        guard (placement ?? (isBuiltIn ? .cost : .named)) == .cost else { return .named }
        return .byCost(try ProfileStore().profiles(of: backends) { Terminal.log("placement: \($0)") })
    }
}

/// The values of `--placement`.
enum PlacementChoice: String, CaseIterable {
    case named, cost
}

extension BackendChoice {
    /// The named backend; nil for `auto`, see ``make(for:inputs:symbols:)``.
    func makeNamed() throws -> ChosenBackends? { isAutomatic ? nil : try make() }

    /// The backends for a graph, its inputs and passes, by which `auto` chooses.
    func make(
        for graph: Graph, inputs: [String: Tensor], symbols: [String: Int] = [:], optimizer: Optimizer
    ) throws -> ChosenBackends {
        guard isAutomatic else { return try make() }
        try requireNoFallback()
        let choice = try plugins.registry().fastest(
            for: graph, inputs: inputs, symbols: symbols, optimizer: optimizer,
            options: BackendOptions(threads: threads)
        ) { Terminal.log("auto: \($0)") }
        var chosen = chosen(choice)
        chosen.planned = choice.program
        return chosen
    }

    private func requireNoFallback() throws {
        guard fallback.isEmpty else {
            throw ValidationError("--backend auto runs everything on one backend; leave out --fallback")
        }
    }

    private func chosen(_ choice: AutomaticChoice) -> ChosenBackends {
        Terminal.log("auto: \(choice.backend.device.backend), by predicted time: \(choice.reason)")
        return ChosenBackends(backend: choice.backend, fallbacks: [], placing: .named)
    }

    /// `auto`, from the option or from `ATTEND_BACKEND`.
    private var isAutomatic: Bool { BackendRegistry.wantedName(backend) == BackendRegistry.automaticName }
}

/// The backend of a graph, and the fallbacks for unsupported operations.
struct ChosenBackends {
    var backend: any ComputeBackend
    var fallbacks: [any ComputeBackend]
    var placing: PlacementPolicy
    /// The program of the graph from the choice by `auto`.
    var planned: Program?

    func program(
        _ graph: Graph, _ optimizer: Optimizer, stateMemory: StateMemory = .exchanged
    ) -> Program {
        Program(
            graph, on: backend, fallingBackTo: fallbacks, optimizer: optimizer, stateMemory: stateMemory,
            placing: placing, progress: ProgressLine().loading)
    }

    /// Prints the division of the graph by predicted costs, if there is one.
    func tellForecast(of plan: Plan, on backends: [any ComputeBackend]) {
        guard let forecast = plan.forecast else { return }
        func milliseconds(_ seconds: Double) -> String { "\((seconds * 1000).formatted(decimals: 2)) ms" }
        let parts = zip(backends, forecast.nodeCounts).map { "\($1) on \($0.device.backend)" }
        let named =
            forecast.namedSeconds.map {
                ", \(milliseconds($0)) if \(device.backend) ran every node that it supports (--placement named)"
            } ?? "; \(device.backend) does not support all of them"
        Terminal.log(
            """
            placement: by predicted time: nodes \(parts.joined(separator: ", ")): \
            \(milliseconds(forecast.seconds))\(named)
            """
        )
    }

    var device: DeviceDescription { backend.device }

    /// The device for a report of the plan: the named backend's, or a fallback's if the named backend ran nothing, with
    /// a note on stderr.
    func reportedDevice(of plan: Plan) -> DeviceDescription {
        let running = plan.runningBackends
        guard let first = running.first, !running.contains(device.backend),
            let other = fallbacks.first(where: { $0.device.backend == first })
        else { return device }
        Terminal.log(
            "note: \(device.backend) ran no node: \(plan.placementSummary); --placements shows the reasons"
        )
        return other.device
    }
}

extension BackendRegistry {
    /// `reference (or naive), simd, opencl[:DEVICE]`.
    static var shownNames: String {
        builtIn.entries.map { entry in
            entry.name + (entry.devices == nil ? "" : "[:DEVICE]")
                + (entry.aliases.isEmpty ? "" : " (or \(entry.aliases.joined(separator: ", ")))")
        }.joined(separator: ", ")
    }

    /// The names for shell completion.
    static var completions: [String] { builtIn.entries.flatMap { [$0.name] + $0.aliases } }
}

extension DeviceDescription {
    /// The device in one line, such as `Xeon, 2 threads, AVX-512`.
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
