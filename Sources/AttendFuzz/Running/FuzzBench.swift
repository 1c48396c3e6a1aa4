import AttendParity
import AttendRuntime
import Foundation

/// The outcome of a case.
package enum FuzzVerdict: String, Sendable, Hashable {
    /// Accepted, and all properties hold.
    case right
    /// Refused, with a message that names file and setting.
    case refused
    /// A wrong result.
    case wrong
    /// Refused with a message that does not help.
    case unhelpful
    /// The process died.
    case crash
    /// It exceeded the time limit.
    case hang
    /// It exceeded the memory limit.
    case memory

    package var isFinding: Bool { self != .right && self != .refused }
}

/// A generator of the cases of one kind, which runs them in this process.
package final class FuzzBench {
    let kind: FuzzKind
    private let target: any FuzzTarget
    private let seeds: [Draft]
    private let mutator: Mutator
    private let plant: FuzzPlant?
    private let memoryLimit: Int

    /// - Parameter memoryLimit: The memory limit of a case in bytes.
    package init(_ kind: FuzzKind, plant: FuzzPlant? = nil, memoryLimit: Int = 2 << 30) throws {
        self.kind = kind
        (self.plant, self.memoryLimit) = (plant, memoryLimit)
        target = FuzzBench.target(kind)
        seeds = try target.seeds()
        mutator = target.mutator(ValuePools(seeds))
    }

    private static func target(_ kind: FuzzKind) -> any FuzzTarget {
        switch kind {
        case .graph: GraphTarget()
        case .tensors: TensorTextTarget()
        case .safetensors: SafetensorsTarget()
        case .shards: ShardsTarget()
        case .model: ModelTarget()
        case .family: FamilyTarget()
        case .tokenizer: TokenizerTarget()
        case .sentencepiece: SentencePieceTarget()
        case .text: TextTarget()
        case .preset: PresetTarget()
        case .words: WordsTarget()
        case .plugin: PluginTarget()
        case .profile: ProfileTarget()
        case .json: JSONTarget()
        case .parity: CaseTarget()
        }
    }

    /// The seeds that fail unmutated, with their outcomes.
    package func faultySeeds(in folder: String) throws -> [String] {
        var known: Set<Draft> = []
        return try seeds.enumerated().compactMap { index, draft in
            // Some seeds are listed twice, for a higher weight.
            guard known.insert(draft).inserted else { return nil }
            let outcome = try run(Made(draft: draft, mutations: []), named: "seed \(index)", in: folder)
            return outcome.verdict == .right && outcome.isRead ? nil : "seed \(index): \(outcome.message)"
        }
    }

    /// A generated case: its files and mutations.
    package struct Made {
        let draft: Draft
        let mutations: [Mutation]
        /// The mutations in one line.
        package var description: String { mutations.map(\.description).joined(separator: "; ") }
        package var mutationCount: Int { mutations.count }
        /// Whether all mutations keep the files valid.
        var isSound: Bool { mutations.allSatisfy(\.isSound) }
    }

    package func make(_ subject: FuzzCase) -> Made {
        let stream = "\(kind.rawValue)/\(subject.index)"
        var numbers = SeededNumbers(subject.seed, stream)
        var draft = seeds[numbers.below(seeds.count)]
        let dice = numbers.unit()
        let count = dice < 0.78 ? 1 : dice < 0.95 ? 2 : 3
        var mutations: [Mutation] = []
        for step in 0..<count where subject.kept?.contains(step) ?? true {
            // A stream per mutation, so that omitting one does not change the others.
            var numbers = SeededNumbers(subject.seed, "\(stream)/\(step)")
            mutations.append(mutator.apply(to: &draft, &numbers))
        }
        return Made(draft: draft, mutations: mutations)
    }

    /// Writes the files of a case to a folder.
    package func write(_ made: Made, to folder: String) throws { try made.draft.write(to: folder) }

    package struct Outcome: Sendable {
        package var verdict: FuzzVerdict
        /// Whether the files were accepted.
        package var isRead: Bool
        /// The message of the refusal, or the failed property.
        package var message: String
    }

    /// Writes the files and runs their reader.
    package func run(_ made: Made, named name: String, in folder: String) throws -> Outcome {
        try made.draft.write(to: folder)
        let trial = FuzzTrial(
            folder: folder, draft: made.draft, mutations: made.mutations, numbers: SeededNumbers(0, name),
            memoryLimit: memoryLimit)
        do {
            try plant?.act(on: made)
            try target.run(trial)
            return Outcome(verdict: .right, isRead: trial.isRead, message: "")
        } catch let wrong as Wrong {
            return Outcome(verdict: .wrong, isRead: trial.isRead, message: wrong.description)
        } catch {
            if !trial.isRead, made.isSound {
                return Outcome(verdict: .wrong, isRead: false, message: "valid files are rejected: \(error)")
            }
            // After the files are accepted, errors of a run concern the graph and its values.
            let oracle = ErrorOracle(folder: folder, mutations: made.mutations)
            guard !trial.isRead, let complaint = oracle.complaint(error) else {
                return Outcome(verdict: .refused, isRead: trial.isRead, message: "\(error)")
            }
            return Outcome(verdict: .unhelpful, isRead: false, message: complaint)
        }
    }
}
