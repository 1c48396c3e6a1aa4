import Foundation

/// Normalization form D (Unicode Standard Annex 15) with the tables of the `tokenizers` library, which are those of
/// Unicode 10: newer scalars are not decomposed.
package enum CanonicalDecomposition {
    package static func decomposed(_ scalars: some Sequence<Unicode.Scalar>) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        // The index of the first mark after the last starter.
        var marks = 0
        func order(_ result: inout [Unicode.Scalar]) {
            guard result.count - marks > 1 else { return }
            let run = result[marks...].map { (scalar: $0, order: combiningClass($0)) }
            let sorted = run.enumerated().sorted { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }
            result.replaceSubrange(marks..., with: sorted.map(\.element.scalar))
        }
        for scalar in scalars {
            for part in parts(of: scalar) {
                if combiningClass(part) == 0 {
                    order(&result)
                    marks = result.count + 1
                }
                result.append(part)
            }
        }
        order(&result)
        return result
    }

    private static func parts(of scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        guard scalar.value >= 0xC0 else { return [scalar] }
        let isHangul = (0xAC00...0xD7A3).contains(scalar.value)
        guard isHangul || TokenizerCharacters.decomposed.contains(scalar) else { return [scalar] }
        return Array(String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars)
    }

    private static func combiningClass(_ scalar: Unicode.Scalar) -> UInt8 {
        guard scalar.value >= 0x300, TokenizerCharacters.ordered.contains(scalar) else { return 0 }
        return scalar.properties.canonicalCombiningClass.rawValue
    }
}
