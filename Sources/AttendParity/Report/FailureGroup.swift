import Foundation

/// Failures that probably have one cause: of the same backend, operation, kind and dimension of cases.
public struct FailureGroup: Sendable {
    /// The backend's name.
    public let backend: String
    /// The operation's name.
    public let operation: String
    /// The kind of failure.
    public let kind: CaseFailure.Kind
    /// The dimension of the cases, such as `sizes`, or `repeated` or `crowd`. Nil for other cases, and for kinds that
    /// are a cause of their own in any case: due errors and concurrency.
    public let dimension: String?
    /// Whether the smallest case passed when it ran again alone, see ``CaseRerun``.
    public fileprivate(set) var passesAlone = false
    /// The indices of the failures in ``ParityReport/failures``, the smallest case first.
    public fileprivate(set) var indices: [Int]

    /// A text such as `softmax, wrong, sizes`.
    var title: String {
        var words = [operation, kind.rawValue.replacingOccurrences(of: "_", with: " ")]
        if let dimension { words.append(dimension) }
        if passesAlone { words.append("passes alone") }
        return words.joined(separator: ", ")
    }
}

extension ParityReport {
    /// The failures by probable cause, in the order of the first failure of each.
    ///
    /// - Complexity: O(*n* log *n*) for *n* failures.
    public var groups: [FailureGroup] {
        struct Key: Hashable {
            var backend: String
            var operation: String
            var kind: CaseFailure.Kind
            var dimension: String?
        }
        var traits = CaseTraits()
        var places: [Key: Int] = [:]
        var groups: [FailureGroup] = []
        for (index, result) in failures.enumerated() {
            guard case .failed(let failure) = result.outcome.verdict else { continue }
            let subject = result.subject
            let isOwnCause = failure.kind == .dueError || failure.kind == .concurrency
            let key = Key(
                backend: result.backend, operation: subject.operation, kind: failure.kind,
                dimension: isOwnCause ? nil : traits.name(of: subject))
            if let place = places[key] {
                groups[place].indices.append(index)
            } else {
                places[key] = groups.count
                groups.append(
                    FailureGroup(
                        backend: key.backend, operation: key.operation, kind: key.kind, dimension: key.dimension,
                        indices: [index]))
            }
        }
        let sizes = failures.map { ($0.size, $0.subject.name.count) }
        for place in groups.indices {
            groups[place].indices.sort { (sizes[$0].0, sizes[$0].1, $0) < (sizes[$1].0, sizes[$1].1, $1) }
        }
        return groups.flatMap(divided)
    }

    /// A group in which some failures pass alone and others fail alone has at least two causes.
    private func divided(_ group: FailureGroup) -> [FailureGroup] {
        var (rest, alone) = (group, group)
        alone.indices = group.indices.filter { failures[$0].dependsOnOrder }
        alone.passesAlone = true
        guard !alone.indices.isEmpty else { return [group] }
        guard group.indices.contains(where: { failures[$0].rerun == .fails }) else {
            rest.passesAlone = true
            return [rest]
        }
        rest.indices = group.indices.filter { !failures[$0].dependsOnOrder }
        return [rest, alone]
    }

    /// The indices of failures to shrink: of each operation on each backend one, the smallest of its first group.
    /// Omitted are timeouts, failures that occur only in many runs, and those that depend on what ran before.
    package func failuresToShrink(atMost count: Int) -> [Int] {
        struct Key: Hashable {
            var operation: String
            var backend: String
        }
        var known: Set<Key> = []
        let indices = groups.compactMap { group -> Int? in
            guard group.kind != .timedOut,
                let index = group.indices.first(where: {
                    !failures[$0].subject.isRepeated && !failures[$0].dependsOnOrder
                }), known.insert(Key(operation: group.operation, backend: group.backend)).inserted
            else { return nil }
            return index
        }
        return Array(indices.prefix(count))
    }
}

extension CaseResult {
    /// Whether it failed, and passed when it ran again alone.
    fileprivate var dependsOnOrder: Bool {
        switch rerun {
        case .fails, nil: false
        case .passes, .failsAfter, .notReproduced: true
        }
    }

    /// The number of elements of all results; an estimate if the backend ended before they were known.
    fileprivate var size: Int { outcome.size > 0 ? outcome.size : subject.estimatedWork }
}
