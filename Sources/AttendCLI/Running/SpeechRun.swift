import ArgumentParser
import AttendModels
import AttendRuntime
import Foundation

/// Transcribes WAV files, and prints each segment as it comes.
struct SpeechRun {
    let model: LoadedModel
    let option: SpeechOption
    let generation: GenerationOption
    let seed: Int?
    let backends: ChosenBackends
    let optimizer: Optimizer

    func run(_ paths: [String], asJSON json: Bool) throws {
        let isSubtitled = option.srt || option.vtt
        guard !(json && isSubtitled) else { throw ValidationError("--json, --srt or --vtt, one of them") }
        guard !(option.words && isSubtitled) else {
            throw ValidationError("--words prints times of words; leave out --srt and --vtt")
        }
        guard !isSubtitled || paths.count == 1 else {
            throw ValidationError("subtitles are of one file; run attend once for each")
        }
        guard generation.to == nil, generation.stop.isEmpty else {
            throw ValidationError("--to and --stop are for texts; --translate translates speech to English")
        }
        // Every file is read before the model runs.
        for path in paths { _ = try WaveFile(path) }
        let program = try GenerationProgram(model) { backends.program($0, optimizer, stateMemory: $1) }
        let transcriber = try Transcriber(program) { backends.program($0, optimizer) }
        var settings: GenerationSettings?
        if generation.isGiven { settings = try generation.settings(program, seed: seed) }
        if let count = generation.generate, let limit = program.contextLimit, count > limit {
            throw ValidationError("--generate \(count) is beyond the model's \(limit) positions")
        }
        if generation.generate == nil { settings?.maximumNewTokens = .max }
        var options = Transcriber.Options()
        options.language = option.language
        options.translates = option.translate
        options.timesWords = option.words
        options.hasTimestamps = transcriber.hasTimestamps
        let interrupt = Interrupt.shared
        interrupt.isAwaited = true
        defer { interrupt.isAwaited = false }
        var transcripts: [JSONValue] = []
        if option.vtt { Terminal.write("WEBVTT\n") }
        for path in paths {
            let sound = try WaveFile(path)
            let samples = Resampler.resampled(sound.samples, from: sound.rate, to: transcriber.features.rate)
            if sound.channelCount > 1 { Terminal.log("attend: \(path): \(sound.channelCount) channels are averaged") }
            let length = Double(sound.samples.count) / Double(sound.rate)
            let line = ProgressLine()
            defer { line.clear() }
            var number = 0
            let clock = ContinuousClock()
            var found: (language: String?, segments: [Transcriber.Segment]) = (nil, [])
            let time = try clock.measure {
                line.show("listening to \(length.formatted(decimals: 0)) s")
                found = try transcriber.transcribe(samples, options, settings: settings) { segment, seconds in
                    number += 1
                    line.clear()
                    if !json { write(segment, number) }
                    line.show("transcribed \(seconds.formatted(decimals: 0)) of \(length.formatted(decimals: 0)) s")
                    return true
                } goesOn: {
                    !interrupt.isRequested
                }
            }
            line.clear()
            Terminal.log(
                "\(backends.device.backend): \(path): \(length.formatted(decimals: 1)) s of sound in "
                    + "\(time.inSeconds.formatted(decimals: 1)) s"
                    + (found.language.map { option.language == nil ? ", language \($0)" : "" } ?? ""))
            transcripts.append(self.json(path, found.language, found.segments))
            if interrupt.isRequested { break }
        }
        if json {
            try Terminal.write(
                .object([
                    .init("version", .integer(1)), .init("model", .string(model.folder)),
                    .init("backend", .string(backends.device.backend)), .init("transcripts", .array(transcripts))
                ]))
        }
        if interrupt.isRequested { throw ExitCode(Exit.interrupted) }
    }

    private func write(_ segment: Transcriber.Segment, _ number: Int) {
        let text = segment.text.trimmingCharacters(in: .whitespaces)
        if option.srt || option.vtt {
            let mark = option.srt ? "," : "."
            let times = "\(SpeechRun.clock(segment.start, mark)) --> \(SpeechRun.clock(segment.end, mark))"
            Terminal.write((option.srt ? "\(number)\n" : "") + "\(times)\n\(text)\n")
        } else if option.words {
            for word in segment.words {
                Terminal.write(
                    "\(word.start.formatted(decimals: 2))\t\(word.end.formatted(decimals: 2))\t"
                        + word.text.trimmingCharacters(in: .whitespaces))
            }
        } else {
            Terminal.write(text)
        }
    }

    /// `00:01:02,500`.
    static func clock(_ seconds: Double, _ mark: String) -> String {
        let milliseconds = Int((seconds * 1000).rounded())
        let parts = [milliseconds / 3_600_000, milliseconds / 60_000 % 60, milliseconds / 1000 % 60]
        let clock = parts.map { ($0 < 10 ? "0" : "") + "\($0)" }.joined(separator: ":")
        return clock + mark + String(format: "%03d", milliseconds % 1000)
    }

    private func json(_ path: String, _ language: String?, _ segments: [Transcriber.Segment]) -> JSONValue {
        .object([
            .init("file", .string(path)), .init("language", language.map { .string($0) } ?? .null),
            .init("text", .string(segments.map(\.text).joined())),
            .init(
                "segments",
                .array(
                    segments.map { segment in
                        .object([
                            .init("start", .number(segment.start)), .init("end", .number(segment.end)),
                            .init("text", .string(segment.text)),
                            .init("ids", .array(segment.ids.map { .integer($0) })),
                            .init(
                                "words",
                                .array(
                                    segment.words.map { word in
                                        .object([
                                            .init("start", .number(word.start)), .init("end", .number(word.end)),
                                            .init("text", .string(word.text))
                                        ])
                                    }))
                        ])
                    }))
        ])
    }
}
