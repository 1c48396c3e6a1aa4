import AttendRuntime
import Foundation
import Synchronization

/// The scratch of `self_attention` belongs to the process: work of two threads at once overwrites it.
private struct SharedScratchF: ListedFault {
    let name = "self-attention-scratch-of-whole-process"
    let summary = "threads that run at the same time give each other's result, as they share one scratch"
    let extent = FaultExtent.thread
    let operations = ["self_attention"]
    let inputs = FaultyInputs.dense
    private let scratch = ScratchF()

    func spoil(_ run: FaultyRun) throws(BackendError) {
        guard run.request.outputs[0] != nil else { return }
        guard let right = try own(run.output(0)) else { return }
        if let other = scratch.exchange(right) { try run.write(other, output: 0) }
    }

    private func own(_ tensor: Tensor?) -> Tensor? { tensor }
}

private final class ScratchF: Sendable {
    private struct Content {
        var tensor: Tensor
        var thread: UInt
        var time: ContinuousClock.Instant
    }

    private let content = Mutex<Content?>(nil)

    /// Leaves a result, and gives what another thread left less than two milliseconds ago.
    func exchange(_ tensor: Tensor) -> Tensor? {
        let thread = UInt(pthread_self())
        let now = ContinuousClock.now
        return content.withLock { content in
            let old = content
            content = Content(tensor: tensor, thread: thread, time: now)
            guard let old, old.thread != thread, old.time.duration(to: now) < .milliseconds(2),
                old.tensor.shape == tensor.shape, old.tensor.dtype == tensor.dtype
            else { return nil }
            return old.tensor
        }
    }
}

enum BlindFaultsF3 {
    static let all: [any ListedFault] = [
        HostFault(
            "rotary-embedding-pairs-across-whole-head",
            "with a smaller rotary dimension partners lie half a head apart", .row, of: ["rotary_embedding"]
        ) { call in
            guard !call.attributes.bool("interleaved"), let right = call.outputs[0], right.elementCount > 0
            else { return }
            let shape = call.shape(ofInput: 0)
            let angles = call.shape(ofInput: 1)
            guard shape.count == 4, angles.count == 3, angles[2] > 0, 2 * angles[2] < shape[3] else { return }
            let (heads, tokens, width, pairs) = (shape[1], shape[2], shape[3], angles[2])
            let input = call.floats(ofInput: 0)
            let (cosines, sines) = (call.floats(ofInput: 1), call.floats(ofInput: 2))
            guard input.count == right.elementCount else { return }
            var wrong = input
            for row in 0..<(input.count / width) {
                let (token, batch) = (row % tokens, angles[0] == 1 ? 0 : row / (tokens * heads))
                for pair in 0..<pairs {
                    let angle = (batch * tokens + token) * pairs + pair
                    let (a, b) = (row * width + pair, row * width + pair + width / 2)
                    guard cosines.indices.contains(angle), sines.indices.contains(angle) else { return }
                    wrong[a] = input[a] * cosines[angle] - input[b] * sines[angle]
                    wrong[b] = input[a] * sines[angle] + input[b] * cosines[angle]
                }
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "rotary-embedding-tokens-taken-as-adjacent",
            "the tokens of a strided head are read one right after another",
            .row, of: ["rotary_embedding"], inputs: .strided
        ) { call in
            guard let operand = call.request.inputs[0], let memory = call.memories[0], memory.elementCount > 0
            else { return }
            let shape = operand.shape
            let layout = operand.layout
            guard shape.count == 4, layout.strides.count == 4, !layout.isDense, operand.elementCount > 0
            else { return }
            let (heads, tokens, width) = (shape[1], shape[2], shape[3])
            let strides = layout.strides
            let places = (0..<operand.elementCount).map { place in
                let row = place / width
                let (batch, head, token) = (row / (tokens * heads), row / tokens % heads, row % tokens)
                let begin = layout.offset &+ batch &* strides[0] &+ head &* strides[1] &+ token &* width
                return min(max(begin &+ place % width &* strides[3], 0), memory.elementCount - 1)
            }
            guard let wrong = call.reference(input: 0, memory.taking(places, shape: shape))[0] else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "convolution-1d-padding-shared-out-evenly", "unequal padding before and after is split in two halves",
            .row, of: ["convolution_1d"]
        ) { call in
            let padding = call.attributes.integers("padding")
            guard padding.count == 2, padding[0] != padding[1] else { return }
            let total = padding[0] &+ padding[1]
            var changed = call.attributes
            changed["padding"] = .integers([total / 2, total - total / 2])
            guard let wrong = call.reference(attributes: changed)[0] else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "self-attention-pattern-averaged-over-heads",
            "every head's pattern is the mean of the patterns of all heads", .element, of: ["self_attention"]
        ) { call in
            guard call.outputs.count > 1, let right = call.outputs[1], var wrong = try? right.floats(), !wrong.isEmpty
            else { return }
            let rank = right.shape.count
            guard rank >= 3 else { return }
            let heads = right.shape[rank - 3]
            let size = right.shape[rank - 2] &* right.shape[rank - 1]
            guard heads > 1, size > 0 else { return }
            for begin in stride(from: 0, to: wrong.count, by: heads * size) {
                for place in begin..<(begin + size) {
                    let mean = (0..<heads).reduce(Float(0)) { $0 + wrong[place + $1 * size] } / Float(heads)
                    for head in 0..<heads { wrong[place + head * size] = mean }
                }
            }
            let mean = Tensor(floats: wrong, dtype: right.dtype, shape: right.shape)
            call.replace(0..<right.elementCount, with: mean, output: 1)
        },
        SharedScratchF(),
        HostFault(
            "cross-attention-keeps-context-of-first-run", "keys and values of the context are those of the first run",
            .run, of: ["cross_attention"]
        ) { call in
            guard let first = call.firstInputs, first.count > 1, let context = first[1] else { return }
            let wrong = call.reference(input: 1, context)
            for (output, tensor) in wrong.enumerated() {
                guard let tensor, let right = call.outputs[output], right.elementCount > 0 else { continue }
                call.replace(0..<right.elementCount, with: tensor, output: output)
            }
        },
        HostFault(
            "cross-attention-to-itself-uses-query-weight",
            "given one value as input and context it projects keys as queries", .row, of: ["cross_attention"]
        ) { call in
            guard let slot = call.slot("key_weight"), let weight = call.slot("query_weight"),
                call.shape(ofInput: 0) == call.shape(ofInput: 1),
                call.shape(ofInput: slot) == call.shape(ofInput: weight),
                let queries = call.inputs[weight]
            else { return }
            let same = zip(call.floats(ofInput: 0), call.floats(ofInput: 1))
                .allSatisfy { $0.bitPattern == $1.bitPattern }
            guard same else { return }
            let wrong = call.reference(input: slot, queries)
            for (output, tensor) in wrong.enumerated() {
                guard let tensor, let right = call.outputs[output], right.elementCount > 0 else { continue }
                call.replace(0..<right.elementCount, with: tensor, output: output)
            }
        }
    ]
}
