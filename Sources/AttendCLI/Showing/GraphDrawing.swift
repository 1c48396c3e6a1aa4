import AttendRuntime

/// A graph in the Graphviz language: inputs and outputs as ellipses, nodes as boxes, weights as notes, types on the
/// edges.
struct GraphDrawing {
    private let graph: Graph

    init(_ graph: Graph) { self.graph = graph }

    var dot: String {
        var lines = [
            "digraph \(quoted(graph.name)) {", "  rankdir=TB;", "  node [fontname=\"Helvetica\", fontsize=10];",
            "  edge [fontname=\"Helvetica\", fontsize=8];"
        ]
        for id in graph.inputs { lines.append(source(id, shape: "ellipse")) }
        for state in graph.states { lines.append(source(state.value, shape: "cylinder")) }
        let read = Set(graph.nodes.flatMap { $0.inputs.compactMap(\.self) } + graph.outputs.map(\.value))
        for (id, value) in graph.values.enumerated() {
            guard case .constant = value.source, read.contains(id) else { continue }
            lines.append(source(id, shape: "note"))
        }
        for (index, node) in graph.nodes.enumerated() {
            let label = "\(node.operation.versionedName)\n\(node.name)"
            lines.append("  n\(index) [shape=box, label=\(quoted(label))];")
            for input in node.inputs.compactMap(\.self) { lines.append(edge(input, to: "n\(index)")) }
        }
        for (index, output) in graph.outputs.enumerated() {
            lines.append("  o\(index) [shape=ellipse, style=bold, label=\(quoted(output.name))];")
            lines.append(edge(output.value, to: "o\(index)"))
        }
        for state in graph.states {
            guard let update = state.update else { continue }
            lines.append(edge(update, to: "v\(state.value)", style: "dashed"))
        }
        return (lines + ["}"]).joined(separator: "\n")
    }

    private func source(_ id: Graph.ValueID, shape: String) -> String {
        "  v\(id) [shape=\(shape), label=\(quoted("\(graph.values[id].name)\n\(graph.type(of: id))"))];"
    }

    private func edge(_ id: Graph.ValueID, to target: String, style: String? = nil) -> String {
        let from: String
        if case .node(let index, _) = graph.values[id].source { from = "n\(index)" } else { from = "v\(id)" }
        let style = style.map { ", style=\($0)" } ?? ""
        return "  \(from) -> \(target) [label=\(quoted("\(graph.type(of: id))"))\(style)];"
    }

    /// A quoted string of the language: only quotes, backslashes and line ends need an escape.
    private func quoted(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            DisplayText.cleaned(String(line)).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        }
        return "\"\(lines.joined(separator: "\\n"))\""
    }
}
