/// SentencePiece's blanks (Kudo and Richardson 2018): each becomes a visible scalar, with one more before the text.
package struct Metaspace: Sendable, Equatable {
    /// Where a blank is added.
    package enum Prepending: String, Sendable, CaseIterable {
        /// Before every text between added tokens.
        case always
        /// Before the whole text.
        case first
        case never
    }

    /// The scalar of a blank, by default U+2581.
    package var replacement: Unicode.Scalar = "\u{2581}"
    package var prepending = Prepending.always
    /// Whether each blank begins a word.
    package var splits = true

    package init(replacement: Unicode.Scalar = "\u{2581}", prepending: Prepending = .always, splits: Bool = true) {
        (self.replacement, self.prepending, self.splits) = (replacement, prepending, splits)
    }

    func words(_ text: [Unicode.Scalar], isStart: Bool) -> [[Unicode.Scalar]] {
        guard !text.isEmpty else { return [] }
        var scalars = text.map { $0 == " " ? replacement : $0 }
        let prepends = prepending == .always || prepending == .first && isStart
        if prepends, scalars[0] != replacement { scalars.insert(replacement, at: 0) }
        guard splits else { return [scalars] }
        var words: [[Unicode.Scalar]] = []
        for scalar in scalars {
            if scalar == replacement || words.isEmpty { words.append([]) }
            words[words.count - 1].append(scalar)
        }
        return words
    }
}
