import AttendRuntime

/// The keys visible to a query of an ``AttentionReading``, with or without a mistake.
struct AttentionReadingVisibility {
    private let scores: [Int]
    private let mask: (layout: Layout, values: [Bool])?
    private let biases: (layout: Layout, values: [Float])?
    private let lengths: [Int64]?
    private let offsets: [Int64]?
    private let isCausal: Bool
    private let isUpperLeft: Bool
    private let window: Int?

    init(_ call: FaultyCall, scores: [Int]) {
        self.scores = scores
        func layout(_ index: Int) -> Layout { Layout(dense: call.shape(ofInput: index)).broadcast(to: scores) }
        mask = call.inputs[3].flatMap { try? $0.bools() }.map { (layout(3), $0) }
        biases = call.inputs[4].flatMap { try? $0.floats() }.map { (layout(4), $0) }
        lengths = call.inputs[5].flatMap { try? $0.integers() }
        offsets = call.inputs[6].flatMap { try? $0.integers() }
        isCausal = call.attributes.bool("causal")
        isUpperLeft = call.attributes.string("alignment") == "upper_left"
        window = call.attributes.optionalInteger("window")
    }

    func bias(_ sequence: Int, _ head: Int, _ query: Int, _ key: Int) -> Double {
        biases.map { Double($0.values[$0.layout.position([sequence, head, query, key])]) } ?? 0
    }

    func row(_ sequence: Int, _ head: Int, _ query: Int, _ mistake: AttentionMistake?) -> [Bool] {
        let length = lengths.map { held(Int($0[mistake == .lengthOfFirst ? 0 : sequence])) }
        let position = query + held(offset(length, sequence, mistake))
        let limit = (length ?? scores[3]) + (mistake == .lengthInclusive ? 1 : 0)
        let causalLimit = position + (mistake == .causalAhead ? 1 : mistake == .causalBehind ? -1 : 0)
        let maskRow = mistake == .maskOfNextRow ? (query + 1) % scores[2] : query
        return (0..<scores[3]).map { key in
            if let mask {
                let keeps = mask.values[mask.layout.position([sequence, head, maskRow, key])]
                if keeps == (mistake == .maskInverted) { return false }
            }
            if bias(sequence, head, query, key) == -.infinity { return false }
            if key >= limit || (isCausal && key > causalLimit) { return false }
            guard let window else { return true }
            let reach = mistake == .windowWide ? window + 1 : window
            return key > position - reach && (isCausal || mistake == .windowOneSided || key < position + window)
        }
    }

    /// Clamps a position so that no sum can overflow, for any input.
    private func held(_ place: Int) -> Int { min(max(place, -(1 << 60)), 1 << 60) }

    private func offset(_ length: Int?, _ sequence: Int, _ mistake: AttentionMistake?) -> Int {
        if let offsets, mistake != .offsetIgnored { return Int(offsets[offsets.count == 1 ? 0 : sequence]) }
        let isUpperLeft =
            mistake == .upperLeft ? true : mistake == .lowerRight ? false : self.isUpperLeft
        if isUpperLeft { return 0 }
        return (mistake == .offsetFromKeys ? scores[3] : length ?? scores[3]) - scores[2]
    }
}
