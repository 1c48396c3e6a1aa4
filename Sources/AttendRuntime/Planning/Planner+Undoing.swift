import AttendBackend
import AttendGraph

/// Going back on what was planned. A plan only ever grows, so that a place in it is a few counts, and going back costs as much as
/// was added since. A copy of the planner would cost as much as the whole plan, for each node that a backend refuses.
extension Planner {
    /// A key that was new in one of the dictionaries.
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

    /// Where the plan stands. O(1).
    var mark: Mark {
        Mark(steps: steps.count, temporaries: temporaries.count, origins: origins.count, journal: journal.count)
    }

    /// Forgets what was planned since. O(what that is).
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

    /// A dense copy that was made. Of two views that are alike the first copy serves both.
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

    /// Composites that came to light; what is known already stays as it is.
    mutating func note(_ found: [String: any CompositeOperation]) {
        for (name, composite) in found where composites.own[name] == nil {
            composites.own[name] = composite
            journal.append(.composite(name))
        }
    }
}
