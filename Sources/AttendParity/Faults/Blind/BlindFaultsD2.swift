import AttendRuntime

// Attention: its optional inputs, its outputs, its layers.

/// Gives every output that somebody uses the results of another definition.
private func takeOutputsD(_ call: inout FaultyCall, _ wrong: [Tensor?]) {
    for output in call.outputs.indices where output < wrong.count {
        guard let right = call.outputs[output], let tensor = wrong[output], right.shape == tensor.shape,
            right.dtype == tensor.dtype, right.elementCount > 0
        else { continue }
        call.replace(0..<right.elementCount, with: tensor, output: output)
    }
}

/// The optional input of this name, where it is given.
private func givenD(_ call: FaultyCall, _ name: String) -> (slot: Int, tensor: Tensor)? {
    guard let slot = call.slot(name), slot < call.inputs.count, let tensor = call.inputs[slot] else { return nil }
    return (slot, tensor)
}

enum BlindFaultsD2 {
    static let all: [any ListedFault] = [
        HostFault(
            "attention-bias-in-query-type", "a float32 bias is rounded to the query's narrow type, even to -inf",
            .row, of: ["attention"]
        ) { call in
            guard let query = call.inputs[0], query.dtype != .float32, let bias = givenD(call, "bias"),
                bias.tensor.dtype != query.dtype, let values = try? bias.tensor.floats()
            else { return }
            let narrow = Tensor(floats: values, dtype: query.dtype, shape: bias.tensor.shape)
            guard let rounded = try? narrow.floats(), rounded != values else { return }
            let wide = Tensor(floats: rounded, dtype: bias.tensor.dtype, shape: bias.tensor.shape)
            takeOutputsD(&call, call.reference(input: bias.slot, wide))
        },
        HostFault(
            "attention-wide-values-unwritten", "components of values beyond the head dimension stay unwritten",
            .memory, of: ["attention"]
        ) { call in
            guard let right = call.outputs[0], let before = call.before[0], let query = call.inputs[0],
                query.shape.count == 4, right.shape.count == 4, right.shape[3] > query.shape[3], query.shape[3] > 0
            else { return }
            let wide = right.shape[3]
            for row in 0..<right.elementCount / wide {
                call.replace(row * wide + query.shape[3]..<(row + 1) * wide, with: before, output: 0)
            }
        },
        HostFault(
            "attention-negative-cap-ignored", "a negative soft cap counts as none", .row,
            of: ["attention", "self_attention", "cross_attention"]
        ) { call in
            guard let cap = call.attributes.optionalNumber("soft_cap"), cap < 0 else { return }
            var attributes = call.attributes
            attributes["soft_cap"] = .number(0)
            takeOutputsD(&call, call.reference(attributes: attributes))
        },
        HostFault(
            "self-attention-value-bias-with-keys", "without a key bias the value bias is left out as well", .row,
            of: ["self_attention"]
        ) { call in
            guard givenD(call, "key_bias") == nil, givenD(call, "query_bias") != nil,
                let bias = givenD(call, "value_bias")
            else { return }
            let none = Tensor(
                floats: [Float](repeating: 0, count: bias.tensor.elementCount), dtype: bias.tensor.dtype,
                shape: bias.tensor.shape)
            takeOutputsD(&call, call.reference(input: bias.slot, none))
        },
        HostFault(
            "cross-attention-keeps-context", "keys and values of a run's context serve all later runs as well", .run,
            of: ["cross_attention"]
        ) { call in
            guard let first = call.firstInputs, first.count > 1, let stale = first[1], let now = call.inputs[1],
                stale.shape == now.shape
            else { return }
            takeOutputsD(&call, call.reference(input: 1, stale))
        }
    ]
}
