import ArgumentParser
import AttendPlugin
import AttendRegistry
import AttendRuntime

struct BackendsCommand: HelpfulCommand {
    static let configuration = CommandConfiguration(
        commandName: "backends", abstract: "List the backends, their devices, and what is missing.",
        usage: "attend backends [<options>]")

    static let examples = ["attend backends", "attend backends --json"]
    static let essentials = ["json", "names", "plugin"]

    @Flag(name: .long, help: "Print one JSON object.")
    var json = false

    @Flag(name: .long, help: "Print only the names, one per line, including unavailable backends.")
    var names = false

    @Option(name: .long, help: "Number of threads. Default: one per processor.")
    var threads: Int?

    @OptionGroup(title: "Backends") var plugins: PluginChoice

    func validate() throws {
        try Choice.checkThreads(threads)
        if json, names { throw ValidationError("--names and --json are two forms of the list; choose one") }
    }

    func run() throws {
        try Exit.reporting {
            LastWords.prepare()
            let registry = try plugins.registry()
            if names { return Terminal.write(registry.entries.map(\.name).joined(separator: "\n")) }
            let states = registry.entries.map { entry in
                State(
                    entry: entry, outcome: Result { try entry.make(BackendOptions(threads: threads)).device },
                    devices: (try? entry.devices?()) ?? [])
            }
            if json {
                try Terminal.write(
                    .object([.init("version", .integer(1)), .init("backends", .array(states.map(\.json)))]))
            } else {
                for state in states { Terminal.write(state.lines) }
            }
        }
    }

    private struct State {
        let entry: BackendRegistry.Entry
        let outcome: Result<DeviceDescription, any Error>
        let devices: [BackendDevice]

        var isDefault: Bool { entry.name == BackendRegistry.defaultName }

        var lines: String {
            let names = ([entry.name] + entry.aliases).joined(separator: ", ") + (isDefault ? " (default)" : "")
            let origin = entry.plugin.map { ["  plug-in \($0.path), version \($0.manifest.version)"] } ?? []
            let heading = [names, "  \(entry.summary)"] + origin
            let state =
                switch outcome {
                case .success(let device): ["  \(device.line)"] + deviceLines
                case .failure(let error as BackendUnavailable):
                    ["  not available: \(error.reason)", "  \(error.remedy)"]
                case .failure(let error): ["  not available: \(error)"]
                }
            return (heading + state).joined(separator: "\n")
        }

        /// The available devices.
        private var deviceLines: [String] {
            devices.map { device in
                let details = [device.type, device.driver].filter { !$0.isEmpty }.joined(separator: ", ")
                let what =
                    "  --backend \(device.selector)  \(device.name)" + (details.isEmpty ? "" : " (\(details))")
                return device.flaw.map { "\(what): can't be used, it \($0)" } ?? what
            }
        }

        var json: JSONValue {
            var members: [JSONValue.Member] = [
                .init("name", .string(entry.name)), .init("aliases", .array(entry.aliases.map { .string($0) })),
                .init("summary", .string(entry.summary)), .init("default", .bool(isDefault))
            ]
            switch outcome {
            case .success(let device): members += [.init("available", .bool(true)), .init("device", device.json)]
            case .failure(let error):
                members += [.init("available", .bool(false))]
                let unavailable = error as? BackendUnavailable
                members.append(.init("reason", .string(unavailable?.reason ?? "\(error)")))
                members.append(.init("remedy", unavailable.map { .string($0.remedy) } ?? .null))
            }
            if let plugin = entry.plugin {
                members.append(
                    .init(
                        "plugin",
                        .object([
                            .init("path", .string(plugin.path)), .init("version", .string(plugin.manifest.version)),
                            .init("abi", .string(plugin.manifest.needs.description))
                        ])))
            }
            if entry.devices != nil {
                let list = devices.map { device in
                    JSONValue.object([
                        .init("selector", .string(device.selector)), .init("name", .string(device.name)),
                        .init("type", .string(device.type)), .init("driver", .string(device.driver)),
                        .init("flaw", device.flaw.map { .string($0) } ?? .null)
                    ])
                }
                members.append(.init("devices", .array(list)))
            }
            return .object(members)
        }
    }
}
