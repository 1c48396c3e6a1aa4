private import Foundation

/// SentencePiece's table of replacements (`precompiled_charsmap`): a double-array trie (Aoe 1989) from texts to
/// replacements, in base64.
package struct CharacterTable: Sendable, Equatable {
    private let units: [UInt32]
    /// The replacements, each with a zero at its end.
    private let replacements: [UInt8]

    /// The longest grapheme, in bytes, that is looked up whole.
    private static let longestGrapheme = 5

    /// - Parameter text: The table in base64: the size of the trie in bytes, its units, and the replacements, all
    ///   little-endian. Nil for anything else.
    package init?(base64 text: String) {
        guard let data = Data(base64Encoded: text) else { return nil }
        self.init(bytes: Array(data))
    }

    init?(bytes: [UInt8]) {
        func word(_ index: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[index + $1]) << UInt32(8 * $1) }
        }
        guard bytes.count >= 4 else { return nil }
        let size = Int(word(0))
        guard size >= 4, size.isMultiple(of: 4), bytes.count - 4 >= size else { return nil }
        units = stride(from: 4, to: 4 + size, by: 4).map(word)
        replacements = Array(bytes[(4 + size)...])
        guard replacements.last == 0 else { return nil }
    }

    /// The length of the longest replacement.
    var lengthening: Double {
        Double(replacements.split(separator: 0).map(\.count).max() ?? 1)
    }

    /// Replaces the graphemes of a text, or their scalars.
    ///
    /// - Complexity: O(bytes).
    func normalized(_ text: some Sequence<Unicode.Scalar>) -> [Unicode.Scalar] {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: text)
        var result: [Unicode.Scalar] = []
        for grapheme in String(view) {
            let whole = Array(grapheme.utf8)
            if whole.count <= CharacterTable.longestGrapheme, let found = replacement(of: whole) {
                result += found
                continue
            }
            for scalar in grapheme.unicodeScalars {
                if let found = replacement(of: Array(String(scalar).utf8)) {
                    result += found
                } else {
                    result.append(scalar)
                }
            }
        }
        return result
    }

    /// The replacement of the shortest beginning that has one, as in the `tokenizers` library.
    private func replacement(of key: [UInt8]) -> [Unicode.Scalar]? {
        var found: [Unicode.Scalar]?
        forEachReplacement(key[...]) { content, _ in
            found = Array(String(decoding: content, as: UTF8.self).unicodeScalars)
            return false
        }
        return found
    }

    /// The replacement of the longest beginning that has one, as in SentencePiece.
    ///
    /// - Returns: The replacement, and the number of bytes that it replaces.
    func longestReplacement(at place: Int, of text: [UInt8]) -> (content: [UInt8], count: Int)? {
        var found: (content: [UInt8], count: Int)?
        forEachReplacement(text[place...]) { content, count in
            found = (Array(content), count)
            return true
        }
        return found
    }

    /// Calls the body for each beginning of a text that has a replacement, the shortest first, until it returns false.
    private func forEachReplacement(
        _ text: ArraySlice<UInt8>, _ body: (_ content: ArraySlice<UInt8>, _ count: Int) -> Bool
    ) {
        func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 0x200) >> 6) }
        guard let root = units.first else { return }
        var place = offset(root)
        for (index, byte) in text.enumerated() {
            guard byte != 0 else { return }
            place ^= Int(byte)
            guard units.indices.contains(place), units[place] & 0x8000_00FF == UInt32(byte) else { return }
            let unit = units[place]
            place ^= offset(unit)
            guard unit >> 8 & 1 == 1 else { continue }
            guard units.indices.contains(place) else { return }
            let start = Int(units[place] & 0x7FFF_FFFF)
            guard start < replacements.count, let end = replacements[start...].firstIndex(of: 0) else { return }
            guard body(replacements[start..<end], index + 1) else { return }
        }
    }
}
