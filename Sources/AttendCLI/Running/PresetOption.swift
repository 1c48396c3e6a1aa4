import ArgumentParser
import AttendModels
import AttendRuntime

/// A preset, run with random weights.
struct PresetOption: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "In place of a model: a preset's sizes (see attend count --list) with random weights, or a preset's .json.",
            valueName: "name"),
        completion: .list(Preset.builtInNames))
    var preset: String?

    @Option(name: .long, help: "With --preset: how many tokens.")
    var tokens: Int?

    @Option(name: .long, help: "With --preset: where random weights and inputs begin; the same for the same seed.")
    var seed: Int?

    func validate() throws {
        guard preset != nil || (tokens == nil && seed == nil) else {
            throw ValidationError("--tokens and --seed belong to --preset; a model reads texts")
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
