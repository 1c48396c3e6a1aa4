import AttendBackend
import AttendGraph

/// Undoing planned steps. A plan only grows, so a mark is a few counts, and undoing costs as much as was added since.
/// Copying the planner instead would cost the size of the whole plan for each rejected node.
extension Planner {
    /// A key added to one of the dictionaries.
    enum Entry {
        case copy(Copy)
        case move(Move)
        case composite(String)
    }

    struct Mark {
        var steps: Int
        var temporaries: Int
        var origins: Int
        var journal: Int
    }

    /// The current position in the plan. O(1).
    var mark: Mark {
        Mark(steps: steps.count, temporaries: temporaries.count, origins: origins.count, journal: journal.count)
    }

    /// Removes everything planned since the mark. O(removed).
    mutating func undo(to mark: Mark) {
        steps.removeSubrange(mark.steps...)
        temporaries.removeSubrange(mark.temporaries...)
        origins.removeSubrange(mark.origins...)
        for entry in journal[mark.journal...] {
            switch entry {
            case .copy(let key): copies[key] = nil
            case .move(let key): moves[key] = nil
            case .composite(let name): composites.own[name] = nil
            }
        }
        journal.removeSubrange(mark.journal...)
    }

    /// Records a dense copy. For equal views the first copy serves both.
    mutating func note(_ key: Copy, _ copy: Planned) {
        guard copies[key] == nil else { return }
        copies[key] = copy
        journal.append(.copy(key))
    }

    mutating func note(_ key: Move, _ memory: Memory) {
        guard moves[key] == nil else { return }
        moves[key] = memory
        journal.append(.move(key))
    }

    /// Records composites found in an opened one; known ones stay unchanged.
    mutating func note(_ found: [String: any CompositeOperation]) {
        for (name, composite) in found where composites.own[name] == nil {
            composites.own[name] = composite
            journal.append(.composite(name))
        }
    }
}
