import AttendRuntime

/// Faults of whole heads, `self_attention` and `cross_attention`.
enum HeadFaults {
    static let all: [HostFault] = [
        scaled("self-attention-scale-high", "the scale 0.1 % too large", "self_attention", 1.001),
        scaled("self-attention-scale-low", "the scale 0.1 % too small", "self_attention", 0.999),
        scaled("cross-attention-scale-high", "the scale 0.1 % too large", "cross_attention", 1.001),
        scaled("cross-attention-scale-low", "the scale 0.1 % too small", "cross_attention", 0.999),
        HostFault(
            "heads-split", "the projected query split as [d, heads], not [heads, d]", .row,
            of: ["self_attention", "cross_attention"]
        ) { call in
            guard let slot = call.slot("query_weight"), let weight = call.inputs[slot] else { return }
            let (heads, width) = (call.attributes.integer("heads"), weight.shape[1])
            let size = weight.shape[0] / heads
            let rows = (0..<weight.shape[0]).map { $0 % size * heads + $0 / size }
            let places = rows.flatMap { row in (0..<width).map { row * width + $0 } }
            call.takeRow(of: call.reference(input: slot, weight.taking(places, shape: weight.shape))[0])
        },
        HostFault(
            "heads-merged", "the heads merged as [d, heads], not [heads, d]", .row,
            of: ["self_attention", "cross_attention"]
        ) { call in
            guard let slot = call.slot("output_weight"), let weight = call.inputs[slot] else { return }
            let (heads, width) = (call.attributes.integer("heads"), weight.shape[1])
            let size = width / heads
            let columns = (0..<width).map { $0 % size * heads + $0 / size }
            let places = (0..<weight.shape[0]).flatMap { row in columns.map { row * width + $0 } }
            call.takeRow(of: call.reference(input: slot, weight.taking(places, shape: weight.shape))[0])
        },
        HostFault(
            "heads-value-bias", "no bias in the projection of the values", .row,
            of: ["self_attention", "cross_attention"]
        ) { call in
            guard let slot = call.slot("value_bias"), let bias = call.inputs[slot] else { return }
            let zeros = Tensor(floats: Array(repeating: 0, count: bias.elementCount), dtype: bias.dtype)
            call.takeRow(of: call.reference(input: slot, zeros)[0])
        },
        HostFault(
            "heads-query-thousandth", "one weight of the query's projection 0.1 % too large", .row,
            of: ["self_attention", "cross_attention"]
        ) { call in
            guard let slot = call.slot("query_weight"), let weight = call.inputs[slot] else { return }
            var values = call.floats(ofInput: slot)
            guard let largest = values.indices.max(by: { values[$0].magnitude < values[$1].magnitude }) else { return }
            values[largest] *= 1.001
            call.takeRow(of: call.reference(input: slot, try? Tensor(values, shape: weight.shape))[0])
        }
    ]

    private static func scaled(_ name: String, _ summary: String, _ operation: String, _ factor: Double) -> HostFault {
        HostFault(name, summary, .row, of: [operation]) { call in
            guard let slot = call.slot("query_weight") else { return }
            var attributes = call.attributes
            let size = call.shape(ofInput: slot)[0] / max(1, attributes.integer("heads"))
            let scale = attributes.optionalNumber("scale") ?? 1 / Double(max(1, size)).squareRoot()
            attributes["scale"] = .number(scale * factor)
            call.takeRow(of: call.reference(attributes: attributes)[0])
        }
    }
}

extension FaultyCall {
    /// The index of a composite's input in its schema.
    func slot(_ name: String) -> Int? {
        Composites.builtIn[request.operation.versionedName]?.schema.inputs.firstIndex { $0.name == name }
    }
}
