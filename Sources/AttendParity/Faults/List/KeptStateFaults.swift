import AttendRuntime

/// Faults that keep something of a kernel's first run: right until the inputs change.
enum KeptStateFaults {
    static let all: [HostFault] = [
        kept("update-slice-start-baked", "the start of the first run kept", of: "update_slice", input: 2),
        kept("gather-indices-baked", "the indices of the first run kept", of: "gather", input: 1),
        kept("random-counter-baked", "the counter of the first run kept", of: "random", input: 0),
        kept("softmax-input-baked", "the input of the first run kept", of: "softmax", input: 0),
        HostFault("attention-lengths-baked", "the key lengths of the first run kept", .row, of: ["attention"]) { call in
            guard let slot = call.slot("key_lengths"), let first = call.firstInputs?[slot] else { return }
            call.takeRow(of: call.reference(input: slot, first)[0])
        },
        HostFault("attention-mask-baked", "the mask of the first run kept", .row, of: ["attention"]) { call in
            guard let slot = call.slot("mask"), let first = call.firstInputs?[slot] else { return }
            call.takeRow(of: call.reference(input: slot, first)[0])
        },
        HostFault("rms-norm-first-scale", "the scale of the first run kept", .row, of: ["rms_norm"]) { call in
            guard let first = call.firstInputs?[1] else { return }
            call.takeRow(of: call.reference(input: 1, first)[0])
        }
    ]

    private static func kept(_ name: String, _ summary: String, of operation: String, input: Int) -> HostFault {
        HostFault(name, summary, .row, of: [operation]) { call in
            guard let first = call.firstInputs?[input] else { return }
            call.takeBits(of: call.reference(input: input, first)[0])
        }
    }
}
