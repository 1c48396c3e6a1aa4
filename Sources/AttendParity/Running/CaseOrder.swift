/// Orders of cases in which those that most likely find a fault come early.
///
/// The small cases of an operation come before its large ones. Cases of one size take turns: one that belongs to no
/// dimension, one of each dimension, one of them again. Which cases run is unchanged.
package enum CaseOrder {
    /// The cases with those of each operation in order; the operations keep theirs.
    package static func likelyFirst(_ cases: [ParityCase]) -> [ParityCase] { sizes(of: cases).flatMap { $0.joined() } }

    /// The small cases of all operations, one of each operation in turn, then the larger ones.
    package static func acrossOperations(_ cases: [ParityCase]) -> [ParityCase] {
        let operations = sizes(of: cases)
        return (0..<classLimits.count + 1).flatMap { size in inTurn(operations.map { $0[size] }) }
    }

    /// The upper limits of small and of medium cases, as multiples of the operation's median.
    private static let classLimits = [2, 32]

    /// The cases of each operation, in classes by size: small, medium, large.
    private static func sizes(of cases: [ParityCase]) -> [[[ParityCase]]] {
        var traits = CaseTraits()
        return grouped(cases, by: \.operation).map { cases in
            let work = cases.map(\.estimatedWork)
            let median = work.sorted()[work.count / 2]
            var classes = [[ParityCase]](repeating: [], count: classLimits.count + 1)
            for (subject, work) in zip(cases, work) {
                classes[classLimits.count { work / $0 > median }].append(subject)
            }
            return classes.map { cases in
                inTurn(grouped(cases) { traits.name(of: $0) ?? "" })
            }
        }
    }

    /// The cases by key, in the order of first appearance.
    private static func grouped(_ cases: [ParityCase], by key: (ParityCase) -> String) -> [[ParityCase]] {
        var places: [String: Int] = [:]
        var groups: [[ParityCase]] = []
        for subject in cases {
            let key = key(subject)
            if let place = places[key] {
                groups[place].append(subject)
            } else {
                places[key] = groups.count
                groups.append([subject])
            }
        }
        return groups
    }

    /// The first of each list, then the second of each, and so on.
    private static func inTurn(_ lists: [[ParityCase]]) -> [ParityCase] {
        (0..<(lists.map(\.count).max() ?? 0)).flatMap { turn in lists.compactMap { turn < $0.count ? $0[turn] : nil } }
    }
}
