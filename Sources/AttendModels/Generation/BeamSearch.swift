import AttendRuntime
import Foundation

/// The search for the sequence with the largest sum of log-probabilities over a power of its length, with a number of
/// running beams, as in transformers (`generate(num_beams=…)`).
struct BeamSearch {
    let program: GenerationProgram
    let settings: GenerationSettings

    init(_ program: GenerationProgram, _ settings: GenerationSettings) {
        (self.program, self.settings) = (program, settings)
    }

    private struct Beam {
        var tokens: [Int]
        var score: Double
    }

    /// The search of one prompt.
    private struct Search {
        var running: [Beam]
        /// Best first; scores are divided by the length.
        var finished: [Beam] = []
        var isDone = false
    }

    /// - Returns: The new tokens of the best sequence of each prompt.
    func run(_ prompts: [[Int]], source: [String: Tensor]?, goesOn: () -> Bool) throws -> [[Int]] {
        let width = settings.beamCount
        let session = program.makeSession(reordering: true)
        if let source { try session.encode(source, copies: width) }
        // At first all beams are the prompt: only the first counts.
        var searches = prompts.map { prompt in
            Search(
                running: (0..<width).map { Beam(tokens: prompt, score: $0 == 0 ? 0 : -1e9) })
        }
        let processors = prompts.map { LogitsProcessor(settings: settings, promptLength: $0.count) }
        let room = (prompts.map(\.count).max() ?? 0) + settings.maximumNewTokens
        var next = prompts.flatMap { Array(repeating: $0, count: width) }
        var origins = Array(0..<next.count)
        for step in 0..<settings.maximumNewTokens {
            guard goesOn() else { break }
            let logits = try session.append(next, room: room, continuing: origins)
            for (index, prompt) in prompts.enumerated() {
                let rows = logits[index * width..<(index + 1) * width]
                guard !searches[index].isDone else { continue }
                let chosen = try advance(&searches[index], Array(rows), processors[index], prompt.count, step)
                for (beam, choice) in chosen.enumerated() {
                    next[index * width + beam] = [choice.id]
                    origins[index * width + beam] = index * width + choice.origin
                }
            }
            for index in searches.indices where searches[index].isDone {
                for beam in 0..<width {
                    next[index * width + beam] = [settings.padID]
                    origins[index * width + beam] = index * width + beam
                }
            }
            if searches.allSatisfy(\.isDone) { break }
        }
        return zip(searches, prompts).map { search, prompt in
            let best = search.finished.first ?? ended(search.running[0], prompt.count)
            return Array(best.tokens.dropFirst(prompt.count))
        }
    }

    /// One step of a search: the choices of the running beams.
    private func advance(
        _ search: inout Search, _ rows: [[Float]], _ processor: LogitsProcessor, _ promptLength: Int, _ step: Int
    ) throws -> [(id: Int, origin: Int)] {
        let width = settings.beamCount
        var candidates: [(score: Double, id: Int, origin: Int)] = []
        // As many that end as there may be, and the running beams beside them.
        let kept = max(2, 1 + settings.endIDs.count) * width
        for (origin, (beam, row)) in zip(search.running, rows).enumerated() {
            try Generator.requireNumbers(row, program.model)
            let shift = row.logSumExp
            var logs = row.map { Float(Double($0) - shift) }
            processor.apply(to: &logs, after: beam.tokens)
            for id in logs.indices where logs[id] > -.infinity {
                candidates.append((beam.score + Double(logs[id]), id, origin))
            }
        }
        guard !candidates.isEmpty else { throw program.defaults.forbidsEveryToken }
        candidates.sort { ($1.score, $0.origin, $0.id) < ($0.score, $1.origin, $1.id) }
        let isLast = step == settings.maximumNewTokens - 1
        var (running, chosen) = ([Beam](), [(id: Int, origin: Int)]())
        for (rank, candidate) in candidates.prefix(kept).enumerated() {
            let tokens = search.running[candidate.origin].tokens + [candidate.id]
            let beam = Beam(tokens: tokens, score: candidate.score)
            if settings.endIDs.contains(candidate.id) || isLast {
                // An end among those that would not go on as beams does not count.
                if rank < width, !search.isDone { add(ended(beam, promptLength), to: &search.finished) }
            } else if running.count < width {
                running.append(beam)
                chosen.append((candidate.id, candidate.origin))
            }
        }
        guard let first = running.first, let choice = chosen.first else {
            search.isDone = true
            return []
        }
        // Where rules leave fewer tokens than beams.
        while running.count < width {
            running.append(Beam(tokens: first.tokens, score: -.infinity))
            chosen.append(choice)
        }
        search.running = running
        search.isDone = isLast || isDone(search, promptLength)
        return chosen
    }

    private func ended(_ beam: Beam, _ promptLength: Int) -> Beam {
        let count = Double(beam.tokens.count - promptLength)
        return Beam(tokens: beam.tokens, score: beam.score / pow(count, settings.lengthPenalty))
    }

    private func add(_ beam: Beam, to finished: inout [Beam]) {
        let place = finished.firstIndex { $0.score < beam.score } ?? finished.count
        finished.insert(beam, at: place)
        if finished.count > settings.beamCount { finished.removeLast() }
    }

    private func isDone(_ search: Search, _ promptLength: Int) -> Bool {
        guard search.finished.count == settings.beamCount, let worst = search.finished.last,
            let best = search.running.first
        else { return false }
        let length: Int
        switch settings.earlyStopping {
        case .first: return true
        case .heuristic: length = best.tokens.count - promptLength
        case .never:
            length = settings.lengthPenalty > 0 ? settings.maximumNewTokens : best.tokens.count - promptLength
        }
        return worst.score >= best.score / pow(Double(length), settings.lengthPenalty)
    }
}
