import AttendParity

/// The values in seeds by file and key: other valid values of a setting.
struct ValuePools: Sendable {
    private var values: [String: [DraftValue]] = [:]
    private var members: [String: [DraftValue.Member]] = [:]
    private var leaves: [DraftValue] = []

    private static let limit = 80

    init(_ seeds: [Draft]) {
        for file in seeds.flatMap(\.files) {
            guard case .json(let root) = file.content else { continue }
            note(root, at: ValuePools.key(file.path, DraftPlace()))
            root.visit { place, value in note(value, at: ValuePools.key(file.path, place)) }
        }
    }

    private static func key(_ file: String, _ place: DraftPlace) -> String {
        "\(file.split(separator: "/").last ?? "")|\(place.meaning)"
    }

    private mutating func note(_ value: DraftValue, at key: String) {
        if value.count <= 64, values[key, default: []].count < ValuePools.limit,
            values[key, default: []].contains(value) == false
        {
            values[key, default: []].append(value)
        }
        if value.count == 0, leaves.count < 4 * ValuePools.limit, !leaves.contains(value) { leaves.append(value) }
        guard case .object(let found) = value, found.count <= 64 else { return }
        for member in found
        where members[key, default: []].count < ValuePools.limit && !members[key, default: []].contains(member) {
            members[key, default: []].append(member)
        }
    }

    /// Another value of a seed at this place; nil if there is none.
    func value(_ file: String, _ place: DraftPlace, besides current: DraftValue, _ numbers: inout SeededNumbers)
        -> DraftValue?
    {
        let known = (values[ValuePools.key(file, place)] ?? []).filter { $0 != current }
        return known.isEmpty ? nil : numbers.pick(known)
    }

    /// A member of the object at this place in another seed, missing here.
    func member(
        _ file: String, _ place: DraftPlace, besides object: DraftValue, _ numbers: inout SeededNumbers
    ) -> DraftValue.Member? {
        let known = (members[ValuePools.key(file, place)] ?? []).filter { object[$0.key] == nil }
        return known.isEmpty ? nil : numbers.pick(known)
    }

    /// A random leaf of any seed.
    func leaf(_ numbers: inout SeededNumbers) -> DraftValue { leaves.isEmpty ? .null : numbers.pick(leaves) }
}
