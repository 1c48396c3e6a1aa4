import ArgumentParser
import AttendModels
import AttendRuntime

/// A preset, run with random weights.
struct PresetOption: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Instead of a model: a preset (see attend count --list) or a preset file (.json), run with random weights.",
            valueName: "name"),
        completion: .list(Preset.builtInNames))
    var preset: String?

    @Option(name: .long, help: "With --preset: number of tokens.")
    var tokens: Int?

    @Option(name: .long, help: "Seed of drawn tokens; with --preset, of the random weights and inputs.")
    var seed: Int?

    func validate() throws {
        guard preset != nil || tokens == nil else {
            throw ValidationError("--tokens needs --preset; a model reads texts")
        }
        if let tokens, !(1...(1 << 20)).contains(tokens) {
            throw ValidationError("--tokens takes a number from 1 to \(1 << 20), found \(tokens)")
        }
    }

    func found(_ name: String) throws -> Preset {
        if name.hasSuffix(".json") { return try Preset(contentsOf: name) }
        guard let preset = try Preset.builtIn(name) else {
            throw ValidationError("--preset: \(Choice.unknown("preset", name, among: Preset.builtInNames))")
        }
        return preset
    }
}
