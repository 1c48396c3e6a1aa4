import AttendParity

/// Changes of scores and kinds of pieces, after which a file is still one of SentencePiece.
struct PieceChanges: SoundChanges {
    private static let path = "source.spm"
    private static let scores: [Float] = [0, -0.0, -1, -12.5, -1e30, 1e30, .leastNonzeroMagnitude, 3]

    func apply(to draft: inout Draft, _ numbers: inout SeededNumbers) -> Mutation? {
        guard let index = draft.files.firstIndex(where: { $0.path == PieceChanges.path }),
            case .bytes(var bytes) = draft.files[index].content
        else { return nil }
        // The ends of pieces as the seeds write them: a field of four bytes, then the kind.
        var ends: [Int] = []
        var place = 0
        while place + 1 < bytes.count, bytes[place] == 0x0A, bytes[place + 1] < 0x80 {
            let end = place + 2 + Int(bytes[place + 1])
            if end <= bytes.count, end - place > 10, bytes[end - 7] == 0x15, bytes[end - 2] == 0x18 { ends.append(end) }
            place = end
        }
        guard !ends.isEmpty else { return nil }
        let end = numbers.pick(ends)
        let text: String
        if numbers.chance(0.7) {
            let score = numbers.pick(PieceChanges.scores)
            for byte in 0..<4 { bytes[end - 6 + byte] = UInt8(truncatingIfNeeded: score.bitPattern >> (byte * 8)) }
            text = "score \(score)"
        } else {
            bytes[end - 1] = numbers.pick([1, 1, 3, 4, 5, 6])
            text = "kind \(bytes[end - 1])"
        }
        draft.files[index].content = .bytes(bytes)
        return Mutation(file: PieceChanges.path, place: nil, what: "the piece that ends at byte \(end): \(text)")
    }
}
