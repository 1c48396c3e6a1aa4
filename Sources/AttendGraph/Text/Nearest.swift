/// Suggestions of similar names in errors.
package enum Nearest {
    /// Maximum length of a name, in bytes, for which a typing error is considered.
    private static let lengthLimit = 200

    /// The candidate of least edit distance, at most 2 or a third of the name. Case is ignored except between equal
    /// distances: `SIMD` is near `simd`.
    package static func name(to name: String, among candidates: some Sequence<String>) -> String? {
        let (bytes, folded) = (Array(name.utf8.prefix(lengthLimit + 1)), folded(name))
        guard bytes.count <= lengthLimit else { return nil }
        let limit = max(2, bytes.count / 3)
        var best: (name: String, distance: Int, exact: Int)?
        for candidate in candidates {
            // The difference in length is a lower bound of the edit distance.
            guard abs(candidate.utf8.count - bytes.count) <= limit else { continue }
            let distance = editDistance(folded, self.folded(candidate))
            guard distance <= limit, distance < max(bytes.count, candidate.utf8.count) else { continue }
            let exact = editDistance(bytes, Array(candidate.utf8))
            if (distance, exact) < (best?.distance ?? .max, best?.exact ?? .max) {
                best = (candidate, distance, exact)
            }
        }
        return best?.name
    }

    /// `; did you mean "…"?`, or an empty string.
    package static func hint(
        for name: String, among candidates: some Sequence<String>, quoted quote: String = "\""
    ) -> String {
        self.name(to: name, among: candidates).map { "; did you mean \(quote)\($0)\(quote)?" } ?? ""
    }

    /// Lowercase, with underscores for hyphens and blanks: `Layer-Norm` as `layer_norm`.
    private static func folded(_ name: String) -> [UInt8] {
        name.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
            case UInt8(ascii: "-"), UInt8(ascii: " "): UInt8(ascii: "_")
            default: byte
            }
        }
    }

    /// Levenshtein's distance. O(m·n).
    package static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var previous = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                let substitution = previous[column] + (byte == other ? 0 : 1)
                current.append(min(substitution, previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[right.count]
    }
}
