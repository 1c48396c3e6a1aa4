import AttendRuntime
import Foundation
import Synchronization

enum BlindFaultsE3 {
    static let all: [any ListedFault] = [
        HostFault(
            "random-counter-captured", "the counter of the first run is captured and used in all later runs", .run,
            of: ["random"]
        ) { call in
            guard let first = call.firstInputs, let counter = first[0], let wrong = call.reference(input: 0, counter)[0]
            else { return }
            call.takeAll(of: wrong)
        },

        HostFault(
            "softmax-online-sum-not-rescaled", "a larger maximum in a later block of 64 leaves the old sum as it is",
            .row, of: ["softmax"]
        ) { call in softmaxOnlineE(&call) },

        ThreadFaultE(),

        HostFault(
            "rms-norm-scale-of-last-axis", "a scale over several axes is indexed by the last axis alone", .row,
            of: ["rms_norm", "layer_norm"]
        ) { call in
            guard call.inputs.count > 1, let scale = call.inputs[1], scale.shape.count >= 2,
                let last = scale.shape.last, last > 0, scale.elementCount > last
            else { return }
            let places = (0..<scale.elementCount).map { $0 % last }
            guard let wrong = call.reference(input: 1, scale.taking(places, shape: scale.shape))[0] else { return }
            call.takeAll(of: wrong)
        },

        HostFault(
            "gelu-tanh-overflows", "tanh is (e - 1) / (e + 1) of e = exp(2x): NaN for inputs above 10", .element,
            of: ["gelu"]
        ) { call in
            guard let right = call.outputs[0], right.elementCount > 0, let values = try? right.floats(),
                call.attributes.string("approximation") == "tanh"
            else { return }
            let inputs = call.floats(ofInput: 0)
            guard inputs.count == values.count else { return }
            let wrong = values.indices.map { place -> Float in
                let x = inputs[place]
                let inner = 0.7978846 * (x + 0.044715 * x * x * x)
                return inner > 44.36142 ? Float.nan : values[place]
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },

        HostFault(
            "linear-packed-weight-by-shape", "packed constant weights are cached by shape and taken for others",
            .run, of: ["linear"]
        ) { call in
            guard let right = call.outputs[0], right.elementCount > 0, call.request.inputs.count > 1,
                let operand = call.request.inputs[1], operand.isConstant, let weight = call.inputs[1],
                weight.elementCount > 0
            else { return }
            let packed = packedE.first(weight)
            guard let wrong = call.reference(input: 1, packed)[0] else { return }
            call.takeAll(of: wrong)
        },

        HostFault(
            "rotary-embedding-partial-pairs-by-head", "partial rotation pairs i with i + headDimension / 2", .row,
            of: ["rotary_embedding"]
        ) { call in rotaryByHeadE(&call) },

        HostFault(
            "convolution-1d-symmetric-padding", "uneven padding is spread evenly over both ends", .row,
            of: ["convolution_1d"]
        ) { call in
            let padding = call.attributes.integers("padding")
            guard let right = call.outputs[0], right.elementCount > 0, padding.count == 2 else { return }
            let total = padding[0] &+ padding[1]
            guard padding[0] != total / 2 else { return }
            var changed = call.attributes
            changed["padding"] = .integers([total / 2, total - total / 2])
            guard let wrong = call.reference(attributes: changed)[0], wrong.shape == right.shape else { return }
            call.takeAll(of: wrong)
        },

        HostFault(
            "attention-hidden-values-leak", "hidden keys weigh 0 but are added: NaN and inf of their values leak", .row,
            of: ["attention"]
        ) { call in attentionLeaksE(&call) },

        HostFault(
            "cross-attention-aligned-to-queries", "lower_right counts the context as long as the input: offset 0", .row,
            of: ["cross_attention"]
        ) { call in
            guard call.attributes.string("alignment") == "lower_right",
                call.attributes.bool("causal") || call.attributes.optionalInteger("window") != nil,
                absentE(call, "query_offset"), absentE(call, "key_lengths")
            else { return }
            var changed = call.attributes
            changed["alignment"] = .string("upper_left")
            let wrong = call.reference(attributes: changed)
            for output in call.outputs.indices where output < wrong.count {
                guard let right = call.outputs[output], let other = wrong[output], other.shape == right.shape,
                    right.elementCount > 0
                else { continue }
                call.replace(0..<right.elementCount, with: other, output: output)
            }
        }
    ]
}

/// Packed weights that live as long as the process.
private let packedE = KeptTensors()

/// Counts the runs that are under way.
private final class UnderWayE: Sendable {
    private let count = Mutex<(now: Int, started: Int)>((0, 0))

    func begin() -> Int {
        count.withLock {
            $0.now += 1
            $0.started &+= 1
            return $0.started
        }
    }

    /// Whether another run was under way since `ticket`.
    func end(_ ticket: Int) -> Bool {
        count.withLock {
            $0.now -= 1
            return $0.now > 0 || $0.started != ticket
        }
    }
}

private struct ThreadFaultE: ListedFault {
    let name = "layer-norm-scratch-shared-by-threads"
    let summary = "runs at the same time keep the means of their rows in the same scratch memory"
    let extent = FaultExtent.thread
    let operations = ["layer_norm"]
    let inputs = FaultyInputs.dense
    let underWay = UnderWayE()

    func spoil(_ run: FaultyRun) throws(BackendError) {
        let ticket = underWay.begin()
        Thread.sleep(forTimeInterval: 0.0005)
        guard underWay.end(ticket) else { return }
        guard let right = try run.output(0), right.elementCount > 0, let width = right.shape.last, width > 0,
            var values = try? right.floats()
        else { return }
        for place in 0..<width { values[place] = values[place] * 0.5 + 1 }
        try run.write(Tensor(floats: values, dtype: right.dtype, shape: right.shape), output: 0)
    }
}

private func absentE(_ call: FaultyCall, _ name: String) -> Bool {
    guard let slot = call.slot(name), call.inputs.indices.contains(slot) else { return true }
    return call.inputs[slot] == nil
}

private func softmaxOnlineE(_ call: inout FaultyCall) {
    guard let right = call.outputs[0], right.elementCount > 0, let axis = call.axis,
        right.shape.indices.contains(axis), right.shape[axis] > 64, var wrong = try? right.floats()
    else { return }
    let values = call.floats(ofInput: 0)
    let size = right.shape[axis]
    let inner = right.shape[(axis + 1)...].reduce(1, *)
    for row in 0..<(right.elementCount / size) {
        let start = row / inner * size * inner + row % inner
        let places = (0..<size).map { start + $0 * inner }
        guard places.allSatisfy({ values[$0].isFinite }) else { continue }
        var top = -Float.infinity
        var sum: Float = 0
        var changes = 0
        for block in stride(from: 0, to: size, by: 64) {
            let part = places[block..<min(block + 64, size)]
            let largest = part.reduce(-Float.infinity) { max($0, values[$1]) }
            if largest > top {
                top = largest
                changes += 1
            }
            for place in part { sum += Foundation.exp(values[place] - top) }
        }
        guard changes > 1 else { continue }
        for place in places { wrong[place] = Foundation.exp(values[place] - top) / sum }
    }
    call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
}

private func rotaryByHeadE(_ call: inout FaultyCall) {
    guard let right = call.outputs[0], right.elementCount > 0, right.shape.count == 4,
        !call.attributes.bool("interleaved"), let angles = call.inputs[1], angles.shape.count == 3
    else { return }
    let tokens = right.shape[2]
    let width = right.shape[3]
    let half = angles.shape[2]
    guard half > 0, half * 2 < width, angles.shape[1] == tokens, [1, right.shape[0]].contains(angles.shape[0]) else {
        return
    }
    let values = call.floats(ofInput: 0)
    let cos = call.floats(ofInput: 1)
    let sin = call.floats(ofInput: 2)
    var wrong = values
    for row in 0..<(right.elementCount / width) {
        let token = row % tokens
        let batch = angles.shape[0] == 1 ? 0 : row / (tokens * right.shape[1])
        for pair in 0..<half {
            let angle = (batch * tokens + token) * half + pair
            let a = row * width + pair
            let b = a + width / 2
            wrong[a] = values[a] * cos[angle] - values[b] * sin[angle]
            wrong[b] = values[a] * sin[angle] + values[b] * cos[angle]
        }
    }
    call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
}

private func attentionLeaksE(_ call: inout FaultyCall) {
    guard let right = call.outputs[0], right.elementCount > 0, right.shape.count == 4, let value = call.inputs[2],
        value.elementCount > 0, value.shape.count == 4, var wrong = try? right.floats()
    else { return }
    let values = call.floats(ofInput: 2)
    let heads = right.shape[1]
    let queries = right.shape[2]
    let width = right.shape[3]
    let stored = value.shape[1]
    let keys = value.shape[2]
    guard stored > 0, heads >= stored else { return }
    for batch in 0..<right.shape[0] {
        for head in 0..<heads {
            let start = (batch * stored + head / (heads / stored)) * keys * width
            for part in 0..<width where (0..<keys).contains(where: { !values[start + $0 * width + part].isFinite }) {
                for query in 0..<queries { wrong[((batch * heads + head) * queries + query) * width + part] = .nan }
            }
        }
    }
    call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
}
