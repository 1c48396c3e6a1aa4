import ArgumentParser

/// How speech is transcribed.
struct SpeechOption: ParsableArguments {
    @Option(
        name: .long, help: ArgumentHelp("Language of the speech, such as en. Default: detected.", valueName: "language")
    )
    var language: String?

    @Flag(name: .long, help: "Translate speech to English.")
    var translate = false

    @Flag(name: .long, help: "Print times with the words of a transcript.")
    var words = false

    @Flag(name: .long, help: "Print subtitles in SubRip's format.")
    var srt = false

    @Flag(name: .long, help: "Print subtitles in WebVTT's format.")
    var vtt = false

    var isGiven: Bool { language != nil || translate || words || srt || vtt }

    func validate() throws {
        guard !(srt && vtt) else { throw ValidationError("--srt or --vtt, not both") }
    }
}
