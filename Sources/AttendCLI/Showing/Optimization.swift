import AttendRegistry
import AttendRuntime

/// A graph before and after its passes, for text and JSON.
struct Optimization {
    let before: Graph
    let after: Graph
    let changes: [Optimizer.Change]

    /// Optimizes a graph; the reference backend folds constants.
    init(_ graph: Graph, without omitted: Set<String>) throws {
        before = graph
        let reference = try BackendRegistry.builtIn.backend(named: "reference")
        (after, changes) = try Optimizer.standard.without(omitted).optimize(graph, OptimizingContext(on: reference))
    }

    private static func counts(_ graph: Graph) -> [String: Int] {
        graph.nodes.reduce(into: [:]) { $0[$1.operation.versionedName, default: 0] += 1 }
    }

    /// The operations by name, with their numbers before and after.
    private var operations: [(name: String, before: Int, after: Int)] {
        let (old, new) = (Optimization.counts(before), Optimization.counts(after))
        return Set(old.keys).union(new.keys).sorted().map { ($0, old[$0] ?? 0, new[$0] ?? 0) }
    }

    func lines() -> [String] {
        var passes = TextTable(indent: 2)
        passes.add("pass", "nodes before", "after")
        for change in changes { passes.add(change.pass, "\(change.nodesBefore)", "\(change.nodesAfter)") }
        var table = TextTable(indent: 2)
        table.add("operation", "before", "after")
        for row in operations { table.add(row.name, "\(row.before)", "\(row.after)") }
        table.add("all", "\(before.nodes.count)", "\(after.nodes.count)")
        return ["passes:"] + passes.lines() + ["operations:"] + table.lines() + [""]
    }

    func json() -> JSONValue {
        .object([
            .init("version", .integer(1)), .init("graph", .string(before.name)),
            .init(
                "passes",
                .array(
                    changes.map {
                        .object([
                            .init("name", .string($0.pass)), .init("nodes_before", .integer($0.nodesBefore)),
                            .init("nodes_after", .integer($0.nodesAfter))
                        ])
                    })),
            .init(
                "operations",
                .array(
                    operations.map {
                        .object([
                            .init("name", .string($0.name)), .init("before", .integer($0.before)),
                            .init("after", .integer($0.after))
                        ])
                    }))
        ])
    }
}
