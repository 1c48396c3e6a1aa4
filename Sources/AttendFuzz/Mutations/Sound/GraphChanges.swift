import AttendParity
import AttendRuntime

/// Changes to a graph file after which it is valid: names, outputs, the order of nodes, operations of one family,
/// numbers.
struct GraphChanges: SoundChanges {
    private static let file = "graph.json"

    func apply(to draft: inout Draft, _ numbers: inout SeededNumbers) -> Mutation? {
        if numbers.chance(0.15) {
            return TensorTextChanges(file: "inputs.json", keepsTypes: true).apply(to: &draft, &numbers)
        }
        var isSound = true
        var mutation = edit(GraphChanges.file, of: &draft) { root in
            switch numbers.below(10) {
            case 0: return name(&root, &numbers)
            case 1: return output(&root, &numbers)
            case 2: return order(&root)
            case 3, 4: return node(&root, &numbers)
            case 5: return constant(&root, &numbers)
            case 6, 7:
                isSound = false
                return operation(&root, &numbers)
            default:
                isSound = false
                return attribute(&root, &numbers)
            }
        }
        mutation?.isSound = isSound
        return mutation
    }

    private func name(_ root: inout DraftValue, _ numbers: inout SeededNumbers) -> String? {
        let name = numbers.pick(BoundaryValues.strings)
        root["name"] = .string(name)
        return "the graph has another name"
    }

    private func output(_ root: inout DraftValue, _ numbers: inout SeededNumbers) -> String? {
        guard case .object(var outputs)? = root["outputs"], !outputs.isEmpty else { return nil }
        let index = numbers.below(outputs.count)
        let what: String
        switch numbers.below(3) {
        case 0 where outputs.count > 1:
            what = "without output \"\(outputs[index].key)\""
            outputs.remove(at: index)
        case 1:
            what = "output \"\(outputs[index].key)\" has another name"
            outputs[index].key += numbers.pick(["2", "é", " b", "東京"])
        default:
            what = "output \"\(outputs[index].key)\" under a second name"
            outputs.append(.init(outputs[index].key + "_again", outputs[index].value))
        }
        guard Set(outputs.map(\.key)).count == outputs.count else { return nil }
        root["outputs"] = .object(outputs)
        return what
    }

    private func order(_ root: inout DraftValue) -> String? {
        guard case .array(let nodes)? = root["nodes"], nodes.count > 1 else { return nil }
        root["nodes"] = .array(nodes.reversed())
        return "nodes in reverse"
    }

    // MARK: Nodes

    private static let unary = [
        "abs", "negate", "tanh", "sign", "floor", "exp", "sqrt", "sin", "cos", "erf", "log", "reciprocal",
        "reciprocal_sqrt", "stop_gradient"
    ]
    private static let families = [
        unary, ["add", "subtract", "multiply", "minimum", "maximum"],
        ["less", "less_equal", "greater", "greater_equal"],
        ["and", "or"], ["reduce_sum", "reduce_max"], ["gelu", "relu", "silu", "sigmoid"]
    ]

    /// Adds a node whose result is an output.
    private func node(_ root: inout DraftValue, _ numbers: inout SeededNumbers) -> String? {
        guard case .array(let inputs)? = root["inputs"], case .array(let nodes)? = root["nodes"],
            case .object(let outputs)? = root["outputs"]
        else { return nil }
        let floats = inputs.filter { ["float32", "float16", "bfloat16"].contains($0["dtype"]?.text) }
        guard !floats.isEmpty, let name = numbers.pick(floats)["name"]?.text else { return nil }
        let (operation, added) = (numbers.pick(GraphChanges.unary), "added_\(nodes.count)")
        guard !nodes.contains(where: { $0["name"]?.text == added }), !outputs.contains(where: { $0.key == added })
        else { return nil }
        root["nodes"] = .array(
            nodes + [
                .object([
                    .init("name", .string(added)), .init("op", .string(operation)),
                    .init("inputs", .object([.init("input", .string(name))]))
                ])
            ])
        root["outputs"] = .object(outputs + [.init(added, .string(added))])
        return "\(operation) of \"\(name)\" added"
    }

    /// Replaces an operation by one of the same family, which may support other dtypes.
    private func operation(_ root: inout DraftValue, _ numbers: inout SeededNumbers) -> String? {
        guard case .array(var nodes)? = root["nodes"] else { return nil }
        let places = nodes.indices.filter { index in GraphChanges.families.contains { $0.contains(nodes[index].op) } }
        guard !places.isEmpty else { return attribute(&root, &numbers) }
        let index = numbers.pick(places)
        let old = nodes[index].op
        let family = GraphChanges.families.first { $0.contains(old) } ?? []
        let new = numbers.pick(family.filter { $0 != old })
        nodes[index]["op"] = .string(new)
        root["nodes"] = .array(nodes)
        return "\(old) → \(new)"
    }

    // MARK: Numbers

    private func constant(_ root: inout DraftValue, _ numbers: inout SeededNumbers) -> String? {
        guard case .array(let constants)? = root["constants"] else { return nil }
        var draft = Draft([
            DraftFile(
                GraphChanges.file,
                .json(
                    .object([
                        .init("tensors", .array(constants.filter { TensorText($0) != nil }))
                    ])))
        ])
        let changes = TensorTextChanges(file: GraphChanges.file, keepsTypes: true)
        guard let mutation = changes.apply(to: &draft, &numbers),
            case .json(let changed)? = draft[GraphChanges.file]?.content,
            case .array(let tensors)? = changed["tensors"]
        else { return nil }
        root["constants"] = .array(
            constants.map { old in tensors.first { $0["name"] == old["name"] } ?? old })
        return "constant \(mutation.what)"
    }

    private func attribute(_ root: inout DraftValue, _ numbers: inout SeededNumbers) -> String? {
        guard case .array(var nodes)? = root["nodes"] else { return nil }
        let places = nodes.indices.filter { nodes[$0]["attributes"]?.count ?? 0 > 0 }
        guard !places.isEmpty else { return nil }
        let index = numbers.pick(places)
        guard case .object(var members)? = nodes[index]["attributes"] else { return nil }
        let key = numbers.below(members.count)
        let old = members[key].value
        switch old {
        case .raw("true"), .raw("false"): members[key].value = .bool(old == .raw("false"))
        case .raw(let text) where Int(text) == nil:
            members[key].value = .raw(numbers.pick(["0.0", "-1.5", "1e-12", "1e30", "0.25", "-0.0"]))
        case .raw(let text) where Int(text) != nil && members[key].key == "axis":
            members[key].value = .raw(numbers.pick(["0", "-1", "1", "-2"]))
        default: return nil
        }
        nodes[index]["attributes"] = .object(members)
        root["nodes"] = .array(nodes)
        return "\(nodes[index].op): \(members[key].key) changed"
    }
}

extension DraftValue {
    /// A node's operation.
    fileprivate var op: String { self["op"]?.text ?? "" }
}
