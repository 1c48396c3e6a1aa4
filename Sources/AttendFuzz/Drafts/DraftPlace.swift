import AttendParity

/// A place in a JSON document.
struct DraftPlace: Sendable, Hashable {
    /// The index in each object or array.
    var path: [Int] = []
    /// Keys, and `[3]` for elements.
    var labels: [String] = []
    /// Other texts by which a message may identify the place: the name of the node, the operation, the token.
    var names: [String] = []

    private static let naming = ["name", "op", "id", "content", "type", "path", "file", "tensor", "dtype", "title"]

    /// The place in text form, such as `nodes[3].attributes.axis`.
    var text: String {
        labels.reduce("") { $1.hasPrefix("[") || $0.isEmpty ? $0 + $1 : "\($0).\($1)" }
    }

    /// The nearest key, with `[]` for an element of its list; equal for values of one meaning.
    var meaning: String {
        guard let last = labels.last, last.hasPrefix("[") else { return labels.last ?? "" }
        return (labels.last { !$0.hasPrefix("[") } ?? "") + "[]"
    }

    mutating func enter(_ value: DraftValue, at index: Int) {
        path.append(index)
        guard case .object(let members) = value else {
            labels.append("[\(index)]")
            return
        }
        labels.append(members[index].key)
        names += DraftPlace.naming.compactMap { value[$0]?.brief }
    }
}

extension DraftValue {
    /// A random place below the root. Each step goes to any child with equal probability, so that large tables are not
    /// preferred.
    ///
    /// - Parameter leaf: Whether to continue to a place without children.
    func place(_ numbers: inout SeededNumbers, leaf: Bool = false) -> DraftPlace? {
        guard count > 0 else { return nil }
        var (place, value) = (DraftPlace(), self)
        repeat {
            let index = numbers.below(value.count)
            place.enter(value, at: index)
            value = value[index]
        } while value.count > 0 && (leaf || numbers.chance(0.8))
        return place
    }

    /// Visits all values below the root, parents first.
    func visit(_ place: DraftPlace = DraftPlace(), _ body: (DraftPlace, DraftValue) -> Void) {
        for index in 0..<count {
            var inner = place
            inner.enter(self, at: index)
            body(inner, self[index])
            self[index].visit(inner, body)
        }
    }

    /// The keys and texts by which a message may identify it; limited for large values.
    var words: [String] {
        var words = brief.map { [$0] } ?? []
        visit { place, value in
            guard words.count < 200 else { return }
            words += [place.labels.last, value.brief].compactMap { $0 }.filter { !$0.isEmpty && !$0.hasPrefix("[") }
        }
        return words
    }

    /// The value with all leaves and keys equal to `old` replaced.
    func replacing(_ old: DraftValue, with new: DraftValue) -> DraftValue {
        if self == old { return new }
        switch self {
        case .raw, .string: return self
        case .array(let values): return .array(values.map { $0.replacing(old, with: new) })
        case .object(let members):
            return .object(
                members.map { member in
                    let isNamed = old.text != nil && member.key == old.text
                    return Member(
                        isNamed ? new.text ?? member.key : member.key, member.value.replacing(old, with: new))
                })
        }
    }
}
