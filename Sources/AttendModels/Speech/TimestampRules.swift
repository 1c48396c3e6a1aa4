/// Whisper's rules of timestamps (Radford et al. 2022, section 4.5): they come in pairs, never decrease, begin the text, and
/// are chosen where they are more probable together than any word.
public struct TimestampRules: Sendable, Hashable {
    /// The id of 0.00 s; later times follow in steps of 0.02 s.
    public var firstID: Int
    /// The id of the end, below which all ids are words.
    public var endID: Int
    /// The largest first timestamp, in steps; nil for any.
    public var maximumFirst: Int?

    /// Rules for these ids.
    public init(firstID: Int, endID: Int, maximumFirst: Int? = nil) {
        (self.firstID, self.endID, self.maximumFirst) = (firstID, endID, maximumFirst)
    }

    /// - Parameter added: The new tokens so far.
    func apply(to logits: inout [Float], after added: ArraySlice<Int>) {
        func forbid(_ ids: Range<Int>) {
            for id in ids.clamped(to: 0..<logits.count) { logits[id] = -.infinity }
        }
        let count = logits.count
        forbid(firstID - 1..<firstID)
        let isTimestamp = added.last.map { $0 >= firstID } ?? false
        let wasTimestamp = added.count < 2 || added[added.endIndex - 2] >= firstID
        if isTimestamp { forbid(wasTimestamp ? firstID..<count : 0..<endID) }
        if let last = added.last(where: { $0 >= firstID }) {
            forbid(firstID..<(isTimestamp && !wasTimestamp ? last : last + 1))
        }
        if added.isEmpty {
            forbid(0..<firstID)
            if let maximumFirst { forbid(min(firstID + maximumFirst + 1, count)..<count) }
        }
        let word = logits[..<min(firstID, count)].max() ?? -.infinity
        if logits[min(firstID, count)...].logSumExp > Double(word) { forbid(0..<firstID) }
    }
}
