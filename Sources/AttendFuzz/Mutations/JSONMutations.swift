import AttendParity

/// Mutations of a JSON document. Each returns its place and description, or nil if it does not apply.
struct JSONMutations {
    let file: String
    let pools: ValuePools

    struct Change {
        var place: DraftPlace
        var what: String
        /// Other texts by which a message may identify the change; nil if any message is accepted.
        var words: [String]?
    }

    // MARK: Other valid values

    /// Sets a value that the setting has in another seed, or a setting that is missing here.
    func other(_ root: inout DraftValue, _ numbers: inout SeededNumbers) -> Change? {
        guard var place = root.place(&numbers, leaf: numbers.chance(0.7)) else { return nil }
        if numbers.chance(0.25) {
            // A setting of other seeds: next to the place, or at the root, where most are.
            let parent = numbers.chance(0.5) ? DraftPlace() : place.parent
            let object = root[parent.path[...]]
            if let member = pools.member(file, parent, besides: object, &numbers), case .object(let members) = object {
                root[parent.path[...]] = .object(members + [member])
                place = parent
                place.enter(root[parent.path[...]], at: members.count)
                return Change(place: place, what: "set to \(shown(member.value))", words: member.value.words)
            }
        }
        let current = root[place.path[...]]
        guard let value = pools.value(file, place, besides: current, &numbers) else { return nudge(&root, &numbers) }
        root[place.path[...]] = value
        return Change(place: place, what: "\(shown(current)) → \(shown(value))", words: current.words + value.words)
    }

    /// A small step: an inverted Boolean, an adjacent number, an added letter, a reversed order.
    func nudge(_ root: inout DraftValue, _ numbers: inout SeededNumbers) -> Change? {
        guard let place = root.place(&numbers, leaf: numbers.chance(0.75)) else { return nil }
        let current = root[place.path[...]]
        let value = nudged(current, &numbers)
        root[place.path[...]] = value
        return Change(place: place, what: "\(shown(current)) → \(shown(value))", words: current.words + value.words)
    }

    /// Replaces all occurrences of a value, so that matching values still match.
    func consistent(_ root: inout DraftValue, _ numbers: inout SeededNumbers) -> Change? {
        guard let place = root.place(&numbers, leaf: true) else { return nil }
        let current = root[place.path[...]]
        guard !current.isBool, current != .null else { return nudge(&root, &numbers) }
        // Large, so that matching sizes request more memory than available.
        let isLarge = current.integer != nil && numbers.chance(0.15)
        let value = isLarge ? .raw(numbers.pick(BoundaryValues.integers)) : nudged(current, &numbers)
        root = root.replacing(current, with: value)
        return Change(place: place, what: "\(shown(current)) → \(shown(value)) everywhere", words: nil)
    }

    private func nudged(_ value: DraftValue, _ numbers: inout SeededNumbers) -> DraftValue {
        switch value {
        case .raw("true"): return .raw("false")
        case .raw("false"): return .raw("true")
        case .raw(let text):
            if let number = Int(text) {
                return .number(numbers.pick([number &+ 1, number &- 1, number &* 2, number / 2, number &+ 3]))
            }
            return Double(text).map { number in
                let other = number * numbers.pick([0.5, 2, -1, 1.0001, 1e3])
                return .raw(other.isFinite ? "\(other)" : text)
            } ?? value
        case .string(let text):
            switch numbers.below(5) {
            case 0: return .string(text + numbers.pick(["x", "1", "é", "_"]))
            case 1: return .string(String(text.dropLast()))
            case 2: return .string(text == text.uppercased() ? text.lowercased() : text.uppercased())
            case 3: return .string(numbers.pick(["n", "m", "tokens", "batch", "y"]))
            default: return .string("x" + text)
            }
        case .array(let values):
            guard values.count > 1 else { return .array(values + values) }
            switch numbers.below(4) {
            case 0: return .array(values.reversed())
            case 1: return .array(values.dropLast())
            case 2: return .array(values + [values[numbers.below(values.count)]])
            default: return .array(Array(values.dropFirst()) + [values[0]])
            }
        case .object(let members):
            guard members.count > 1 else { return value }
            return .object(numbers.chance(0.5) ? members.reversed() : Array(members.dropFirst()) + [members[0]])
        }
    }

    // MARK: Structure

    func structure(_ root: inout DraftValue, _ numbers: inout SeededNumbers) -> Change? {
        guard let place = root.place(&numbers), let index = place.path.last else { return nil }
        let parent = place.parent
        var container = root[parent.path[...]]
        let current = container[index]
        var (what, key) = ("", "")
        switch numbers.below(11) {
        case 0, 1:
            container.remove(at: index)
            what = "left out"
        case 2:
            container.duplicate(at: index, as: nil)
            what = "twice"
        case 3:
            let other = numbers.below(container.count)
            (container[index], container[other]) = (container[other], container[index])
            what = "swapped with \(other)"
        case 4:
            container[index] = .null
            what = "null"
        case 5:
            container[index] = .array([current])
            what = "wrapped in a list"
        case 6:
            container[index] = .object([.init("value", current)])
            what = "wrapped in an object"
        case 7:
            container[index] = retyped(current)
            what = "\(shown(current)) → \(shown(container[index]))"
        case 8:
            guard case .object(var members) = container else {
                container.duplicate(at: index, as: nil)
                break
            }
            let old = members[index].key
            key = numbers.pick([old + "s", String(old.dropLast()), old.uppercased(), old + "_", " " + old])
            members[index].key = key
            what = "is now \"\(key)\""
            container = .object(members)
        case 9:
            guard case .object(let members) = container else { return other(&root, &numbers) }
            key = numbers.pick(["unknown", "x", "version", "_comment", members[index].key + "2"])
            container.duplicate(at: index, as: key)
            what = "also as \"\(key)\""
        default:
            container[index] = pools.leaf(&numbers)
            what = "\(shown(current)) → \(shown(container[index]))"
        }
        root[parent.path[...]] = container
        return Change(place: place, what: what, words: [key].filter { !$0.isEmpty } + current.words + container.words)
    }

    private func retyped(_ value: DraftValue) -> DraftValue {
        switch value {
        case .raw("true"): .number(1)
        case .raw("false"): .string("false")
        case .raw(let text): Int(text) != nil ? .raw("\(text).0") : .string(text)
        case .string(let text): .array(text.prefix(8).map { .string(String($0)) })
        case .array(let values): .object(values.prefix(64).enumerated().map { .init("\($0)", $1) })
        case .object(let members): .array(members.map(\.value))
        }
    }

    // MARK: Boundaries

    func boundary(_ root: inout DraftValue, _ numbers: inout SeededNumbers) -> Change? {
        guard let place = root.place(&numbers) else { return nil }
        let current = root[place.path[...]]
        let value: DraftValue
        switch current {
        case _ where place.meaning == "shape[]" && numbers.chance(0.6):
            value = .string(
                numbers.chance(0.2)
                    ? BoundaryValues.product(of: 4 + numbers.below(20)) : numbers.pick(BoundaryValues.sizes))
        case .array(let values) where numbers.chance(0.5):
            if values.isEmpty || numbers.chance(0.4) {
                value = .array([])
            } else {
                // Growth upon growth would take the fuzzer longer to write than a case may take.
                let count = min(numbers.chance(0.2) ? 3000 : 40, max(1, BoundaryValues.partLimit / current.partCount))
                value = .array(Array(repeating: values, count: count).flatMap(\.self))
            }
        case .raw(let text) where Int(text) != nil && numbers.chance(0.6):
            value = .raw(numbers.pick(BoundaryValues.integers))
        case .string where numbers.chance(0.4): value = .string(numbers.pick(BoundaryValues.strings))
        default: value = BoundaryValues.value(&numbers)
        }
        root[place.path[...]] = value
        return Change(place: place, what: "\(shown(current)) → \(shown(value))", words: current.words + value.words)
    }

    func shown(_ value: DraftValue) -> String {
        switch value {
        case .raw(let text): text.utf8.count > 40 ? "\(text.prefix(40))… of \(text.utf8.count) bytes" : text
        case .string(let text):
            text.utf8.count > 40 ? "\"\(text.prefix(20))…\" of \(text.utf8.count) bytes" : "\"\(text)\""
        case .array(let values): values.isEmpty ? "[]" : "[…] of \(values.count)"
        case .object(let members): members.isEmpty ? "{}" : "{…} of \(members.count)"
        }
    }
}

extension DraftPlace {
    var parent: DraftPlace { DraftPlace(path: path.dropLast(), labels: labels.dropLast(), names: names) }
}

extension DraftValue {
    fileprivate mutating func remove(at index: Int) {
        switch self {
        case .array(var values):
            values.remove(at: index)
            self = .array(values)
        case .object(var members):
            members.remove(at: index)
            self = .object(members)
        case .raw, .string: break
        }
    }

    fileprivate mutating func duplicate(at index: Int, as key: String?) {
        switch self {
        case .array(var values):
            values.insert(values[index], at: index)
            self = .array(values)
        case .object(var members):
            members.append(Member(key ?? members[index].key, members[index].value))
            self = .object(members)
        case .raw, .string: break
        }
    }
}
