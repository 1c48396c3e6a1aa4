import AttendRuntime
import TestSupport

extension TemporaryFolder {
    /// Reads a graph file of this text.
    func graph(_ json: String) throws -> Graph { try Graph(contentsOf: write(json, "graph.json")) }
}
