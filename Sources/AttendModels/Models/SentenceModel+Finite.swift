public import AttendRuntime

extension SentenceModel {
    /// Throws for embeddings with NaN or infinities.
    ///
    /// - Parameters:
    ///   - embeddings: `[texts, width]`, from a run in `session`.
    ///   - inputs: The inputs of the run that includes the text with this index.
    /// - Throws: ``ModelError`` that names the text, and the first weight or value of the graph that is not finite;
    ///   errors of a second run.
    /// - Complexity: O(texts · width), and one more run with all captures if a value is not finite.
    public func checkFinite(
        _ embeddings: Tensor, of texts: [String], in session: Session, inputs: (Int) throws -> [String: Tensor]
    ) throws {
        guard embeddings.shape.count == 2, embeddings.shape[0] == texts.count else {
            throw ModelError(
                path: folder,
                reason:
                    "expected embeddings of shape [\(texts.count), width], one row a text, found \(embeddings.shape)")
        }
        let (values, width) = (try embeddings.floats(), embeddings.shape[1])
        guard let place = values.firstIndex(where: { !$0.isFinite }) else { return }
        let text = texts[place / width]
        let shown = text.count > 40 ? "\(text.prefix(40))…" : text
        throw ModelError(
            path: folder,
            reason:
                """
                the embedding of text \(place / width + 1) ("\(shown)") is not finite: component \(place % width) is \
                \(values[place]); \(try firstNotFinite(inputs(place / width), session))
                """
        )
    }

    /// Runs the graph again with all captures, and checks the nodes in order.
    private func firstNotFinite(_ inputs: [String: Tensor], _ session: Session) throws -> String {
        let known = Set(graph.captureNames)
        func captureName(_ node: Graph.Node) -> String? {
            let name = String(node.name.map { $0 == "/" ? "." : $0 })
            return known.contains(name) ? name : nil
        }
        let values = try session.run(inputs, capture: graph.nodes.compactMap(captureName))
        for node in graph.nodes {
            let weights = node.inputs.compactMap { $0.flatMap(constant) }.filter { $0.content.shape != [] }
            let bad = try weights.first { SentenceModel.notFinite(try $0.tensor) != nil }
            // A table may have a bad row that the text does not use.
            let isTable = node.operation.facts.weights.values.contains(.table)
            let value = captureName(node).flatMap { name in values[name].map { (name, $0) } }
            let isBad = value.map { SentenceModel.notFinite($0.1) != nil } ?? false
            if let bad, let found = SentenceModel.notFinite(try bad.tensor), isBad || !isTable {
                let name = String(bad.name.map { $0 == "/" ? "." : $0 })
                return "the first tensor that is not finite is the weight \(name), with \(found)"
            }
            if isBad, let (name, tensor) = value, let found = SentenceModel.notFinite(tensor) {
                return "the first tensor that is not finite is \(name), with \(found)"
            }
        }
        return "all named values before it are finite"
    }

    private func constant(_ id: Graph.ValueID) -> Graph.Constant? {
        guard case .constant(let index) = graph.values[id].source else { return nil }
        return graph.constants[index]
    }

    /// The first element that is NaN or infinite, such as "nan at [0, 3]"; nil if all are finite.
    private static func notFinite(_ tensor: Tensor) -> String? {
        tensor.firstNotFinite.map { "\($0.value) at \($0.indices)" }
    }
}
