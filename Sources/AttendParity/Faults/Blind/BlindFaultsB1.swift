import AttendRuntime
import Foundation
import Synchronization

/// Faults of matrix products.
enum BlindFaultsB1 {
    static let all: [any ListedFault] = [
        HostFault(
            "matmul-batch-index-modulo",
            "a broadcast batch is found by the flat batch number modulo the operand's batches",
            .row, of: ["matmul"]
        ) { call in
            guard let right = call.outputs[0], right.shape.count >= 4, right.elementCount > 0 else { return }
            let batch = Array(right.shape.dropLast(2))
            let count = batch.reduce(1, *)
            for side in 0..<2 {
                guard let operand = call.inputs[side], operand.shape.count >= 2, operand.elementCount > 0
                else { continue }
                let matrix = Array(operand.shape.suffix(2))
                let size = matrix[0] * matrix[1]
                let own = operand.elementCount / size
                guard own > 1, own < count, count < (1 << 22) / size else { continue }
                let places = (0..<count * size).map { $0 / size % own * size + $0 % size }
                guard let wrong = call.reference(input: side, operand.taking(places, shape: batch + matrix))[0]
                else { continue }
                call.takeAll(of: wrong)
                return
            }
        },
        HostFault(
            "matmul-square-of-a-value-mirrored",
            "one value as both sides is taken for x times its transpose: the upper half is mirrored",
            .element, of: ["matmul"]
        ) { call in
            guard let right = call.outputs[0], right.shape.count == 2, right.shape[0] == right.shape[1],
                let lhs = call.inputs[0], let rhs = call.inputs[1], lhs.shape == rhs.shape,
                lhs.shape == right.shape,
                call.attributes.bool("transpose_lhs") == call.attributes.bool("transpose_rhs")
            else { return }
            let a = call.floats(ofInput: 0)
            let b = call.floats(ofInput: 1)
            guard a.count == b.count, zip(a, b).allSatisfy({ $0.bitPattern == $1.bitPattern }) else { return }
            let n = right.shape[0]
            let places = (0..<n * n).map { p in max(p / n, p % n) * n + min(p / n, p % n) }
            call.takeAll(of: right.taking(places, shape: right.shape))
        },
        HostFault(
            "matmul-nothing-to-sum-leaves-memory", "with an inner size of 0 the output is not written",
            .memory, of: ["matmul"]
        ) { call in
            guard let lhs = call.inputs[0], lhs.elementCount == 0, call.outputs[0] != nil, let before = call.before[0]
            else { return }
            call.takeAll(of: before)
        },
        SharedWorkspace()
    ]
}

/// Two runs at once write their results by way of one workspace.
private struct SharedWorkspace: ListedFault {
    let name = "matmul-workspace-of-the-process"
    let summary = "runs at once on several threads share a workspace, and one takes the other's results"
    let extent = FaultExtent.thread
    let operations = ["matmul"]
    let inputs = FaultyInputs.dense
    private let workspace = Workspace()

    func spoil(_ run: FaultyRun) throws(BackendError) {
        guard let own = try run.output(0) else { return }
        let ticket = workspace.enter(own)
        usleep(200)
        guard let other = workspace.leave(ticket), other.dtype == own.dtype,
            other.elementCount > 0, own.elementCount > 0
        else { return }
        let places = (0..<own.elementCount).map { $0 % other.elementCount }
        try run.write(other.taking(places, shape: own.shape), output: 0)
    }
}

/// What lies in the workspace: the last result that was put there, and by which run.
private final class Workspace: Sendable {
    private struct Content {
        var last = 0
        var active = 0
        var result: Tensor?
    }

    private let content = Mutex(Content())

    func enter(_ result: Tensor) -> Int {
        content.withLock { content in
            content.last &+= 1
            content.active += 1
            content.result = result
            return content.last
        }
    }

    /// The result of a run that came between, nil if there was none.
    func leave(_ ticket: Int) -> Tensor? {
        content.withLock { content in
            let other = content.last == ticket ? nil : content.result
            content.active -= 1
            if content.active == 0 { content.result = nil }
            return other
        }
    }
}
