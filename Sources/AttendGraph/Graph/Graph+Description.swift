extension Graph: CustomStringConvertible {
    /// The name, inputs, states, outputs and counts; `attend inspect` prints every node. O(inputs + states + constants
    /// + outputs).
    public var description: String {
        func list(_ title: String, _ items: [String]) -> [String] {
            items.isEmpty ? [] : ["  \(title): \(items.joined(separator: ", "))"]
        }
        func shown(_ id: ValueID) -> String { "\(values[id].name): \(values[id].type)" }
        let bytes = constants.reduce(0) { $0 + $1.content.byteCount }
        return
            (["graph \(name)"] + list("inputs", inputs.map(shown)) + list("states", states.map { shown($0.value) })
            + ["  \(nodes.count) nodes, \(constants.count) constants of \(bytes) bytes"]
            + list("outputs", outputs.map { "\($0.name): \(values[$0.value].type)" }))
            .joined(separator: "\n")
    }
}
