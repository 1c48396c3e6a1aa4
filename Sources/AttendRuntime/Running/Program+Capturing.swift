import AttendBackend
import AttendGraph
import Synchronization

extension Program {
    /// Number of cached capture sets.
    private static let variantLimit = 16

    /// The program of the graph with these values as additional outputs, made at the first call. Weights are not
    /// uploaded again.
    func capturing(_ names: [String]) throws(RunError) -> Program {
        guard !names.isEmpty else { return self }
        do {
            return try variants.withLock { variants throws(GraphError) in
                if let known = variants[names] { return known }
                let variant = Program(try graph.capturing(names), sharingWeightsOf: self)
                if variants.count >= Program.variantLimit { variants.removeAll() }
                variants[names] = variant
                return variant
            }
        } catch {
            throw .graph(error)
        }
    }
}
