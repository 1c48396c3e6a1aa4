import ArgumentParser
import AttendModels

/// The prompt before each text.
struct PromptOption: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            """
            One of the model's prompts to put before each text. Default: the model's default_prompt_name, if it has \
            one.
            """,
            valueName: "name"))
    var promptName: String?

    @Option(name: .long, help: "A text to put before each text, instead of the model's own prompt; \"\" for none.")
    var prompt: String?

    func validate() throws {
        guard prompt == nil || promptName == nil else {
            throw ValidationError("--prompt or --prompt-name, not both")
        }
    }

    var isGiven: Bool { prompt != nil || promptName != nil }

    /// The prompt; nil for the model's default.
    ///
    /// - Throws: `ValidationError` for an unknown prompt name.
    func text(for model: SentenceModel) throws -> String? {
        guard let promptName else { return prompt }
        guard let text = model.prompts.texts[promptName] else {
            let known = model.prompts.texts.keys.sorted()
            throw ValidationError("--prompt-name: \(Choice.unknown("prompt", promptName, among: known))")
        }
        return text
    }
}
