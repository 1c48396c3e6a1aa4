/// Byte-pair encoding (Sennrich et al. 2016): the symbols of a word are merged pair by pair, the pair of the lowest rank
/// first and of equal ones the leftmost.
struct BPEModel: SubwordModel {
    let vocabulary: TokenVocabulary
    private let merges: MergeTable
    /// The tokens of one scalar; those of the first ones, which byte-level words consist of, in a table.
    private let scalars: [Unicode.Scalar: UInt32]
    private let firstScalars: [UInt32?]
    private static let firstCount: UInt32 = 0x180
    /// The tokens `<0x00>` to `<0xFF>`, for scalars without a token; empty without byte fallback.
    private let bytes: [UInt32?]
    /// The token of scalars that have none; nil to leave them out.
    private let unknownID: UInt32?
    /// Whether neighboring unknown scalars are one token.
    private let fusesUnknown: Bool
    /// Whether a word in the vocabulary is its own token whatever the merges are.
    private let ignoresMerges: Bool

    init(
        _ vocabulary: TokenVocabulary, merges: MergeTable, unknownID: Int?, fusesUnknown: Bool,
        fallsBackToBytes: Bool, ignoresMerges: Bool
    ) {
        (self.vocabulary, self.merges) = (vocabulary, merges)
        self.unknownID = unknownID.map { UInt32($0) }
        (self.fusesUnknown, self.ignoresMerges) = (fusesUnknown, ignoresMerges)
        var scalars: [Unicode.Scalar: UInt32] = [:]
        for (id, text) in vocabulary.texts where text.unicodeScalars.count == 1 {
            // Of two ids with one text, the vocabulary's counts.
            guard vocabulary.id(of: text) == id, let scalar = text.unicodeScalars.first else { continue }
            scalars[scalar] = UInt32(id)
        }
        self.scalars = scalars
        firstScalars = (0..<BPEModel.firstCount).map { Unicode.Scalar($0).flatMap { scalars[$0] } }
        bytes =
            fallsBackToBytes
            ? (0...255).map { vocabulary.id(of: BPEModel.byteToken($0)).map { UInt32($0) } } : []
    }

    /// The token of a byte, such as `<0x0A>`.
    static func byteToken(_ byte: Int) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "<0x\(digits.count < 2 ? "0" : "")\(digits)>"
    }

    func ids(of word: [Unicode.Scalar]) -> [Int] {
        if ignoresMerges, let id = vocabulary.ids[String(String.UnicodeScalarView(word)).utf8] { return [id] }
        var symbols = MergedSymbols(self.symbols(of: word))
        return symbols.merge(merges)
    }

    private func symbols(of word: [Unicode.Scalar]) -> [UInt32] {
        var symbols: [UInt32] = []
        symbols.reserveCapacity(word.count)
        var isUnknown = false
        for scalar in word {
            let known =
                scalar.value < BPEModel.firstCount ? firstScalars[Int(scalar.value)] : scalars[scalar]
            if let id = known {
                if isUnknown, let unknownID { symbols.append(unknownID) }
                isUnknown = false
                symbols.append(id)
                continue
            }
            if !bytes.isEmpty {
                let ids = String(scalar).utf8.compactMap { bytes[Int($0)] }
                if ids.count == String(scalar).utf8.count {
                    symbols += ids
                    continue
                }
            }
            guard let unknownID else { continue }
            if isUnknown, !fusesUnknown { symbols.append(unknownID) }
            isUnknown = true
        }
        if isUnknown, let unknownID { symbols.append(unknownID) }
        return symbols
    }
}

/// The symbols of a word while they are merged: a linked list, and a heap of the pairs that have a merge.
private struct MergedSymbols {
    private var ids: [UInt32]
    private var next: [Int32]
    private var previous: [Int32]
    /// Rank and place of pairs, in one number; a binary heap with the smallest first. Outdated ones are skipped.
    private var heap: [UInt64] = []

    init(_ ids: [UInt32]) {
        self.ids = ids
        next = (0..<Int32(ids.count)).map { $0 + 1 }
        previous = (0..<Int32(ids.count)).map { $0 - 1 }
    }

    /// - Complexity: O(n log n).
    mutating func merge(_ merges: MergeTable) -> [Int] {
        let end = Int32(ids.count)
        guard end > 1 else { return ids.map { Int($0) } }
        for place in 0..<(end - 1) { push(place, merges) }
        while let top = pop() {
            let (rank, left) = (UInt32(top >> 32), Int32(truncatingIfNeeded: top & 0xFFFF_FFFF))
            let right = next[Int(left)]
            // A symbol that was merged into its left neighbor has no next.
            guard right > left, right < end,
                let merge = merges[ids[Int(left)], ids[Int(right)]], merge.rank == rank
            else { continue }
            ids[Int(left)] = merge.id
            next[Int(left)] = next[Int(right)]
            if next[Int(right)] < end { previous[Int(next[Int(right)])] = left }
            next[Int(right)] = -1
            if previous[Int(left)] >= 0 { push(previous[Int(left)], merges) }
            push(left, merges)
        }
        var result: [Int] = []
        var place: Int32 = 0
        while place < end {
            result.append(Int(ids[Int(place)]))
            place = next[Int(place)]
        }
        return result
    }

    private mutating func push(_ left: Int32, _ merges: MergeTable) {
        let right = next[Int(left)]
        guard right < ids.count, let merge = merges[ids[Int(left)], ids[Int(right)]] else { return }
        heap.append(UInt64(merge.rank) << 32 | UInt64(left))
        var child = heap.count - 1
        while child > 0, heap[(child - 1) / 2] > heap[child] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func pop() -> UInt64? {
        guard let top = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return top }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            guard least != parent else { return top }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
