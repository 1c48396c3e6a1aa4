package import AttendRuntime

/// A fault that changes results on the host, independent of the backend that computed them.
package struct HostFault: ListedFault {
    package let name: String
    package let summary: String
    package let extent: FaultExtent
    package let operations: [String]
    package let inputs: FaultyInputs
    private let condition: @Sendable (KernelRequest) -> Bool
    private let act: @Sendable (inout FaultyCall) -> Void

    init(
        _ name: String, _ summary: String, _ extent: FaultExtent, of operations: [String],
        inputs: FaultyInputs = .dense,
        when condition: @escaping @Sendable (KernelRequest) -> Bool = { _ in true },
        act: @escaping @Sendable (inout FaultyCall) -> Void
    ) {
        (self.name, self.summary, self.extent) = (name, summary, extent)
        (self.operations, self.inputs, self.condition, self.act) = (operations, inputs, condition, act)
    }

    package func concerns(_ request: KernelRequest) -> Bool {
        operations.contains(request.operation.name) && condition(request)
    }

    package func spoil(_ run: FaultyRun) throws(BackendError) {
        let right = try FaultyCall(run)
        var call = right
        act(&call)
        for index in call.changed.sorted() {
            guard let tensor = call.outputs[index], let before = right.outputs[index], !tensor.hasSameBits(as: before)
            else { continue }
            try run.write(tensor, output: index)
        }
    }
}

/// The positions where two results differ by more than rounding, so that a fault acts where it is visible.
struct Differences {
    private let isDifferent: (Range<Int>) -> Bool

    init(_ right: Tensor, _ wrong: Tensor) {
        if let mine = try? right.floats(), let theirs = try? wrong.floats() {
            isDifferent = { range in
                let scale = range.reduce(Float(0)) { mine[$1].isFinite ? max($0, mine[$1].magnitude) : $0 }
                return range.contains { Differences.isMaterial(mine[$0], theirs[$0], scale) }
            }
        } else {
            let (mine, theirs) = (ExpectedTensor.numbers(right), ExpectedTensor.numbers(wrong))
            isDifferent = { range in range.contains { mine[$0] != theirs[$0] } }
        }
    }

    func contains(_ range: Range<Int>) -> Bool { isDifferent(range) }

    /// Whether a difference is more than 10⁻⁵ of the scale, or one value is NaN or infinite.
    static func isMaterial(_ right: Float, _ wrong: Float, _ scale: Float) -> Bool {
        if right.isNaN || wrong.isNaN { return right.isNaN != wrong.isNaN }
        if right.isInfinite || wrong.isInfinite { return right != wrong }
        return (right - wrong).magnitude > 1e-5 * scale
    }
}

extension Tensor {
    /// Replaces elements by those of a tensor of the same dtype.
    mutating func replace(_ range: Range<Int>, with other: Tensor, from start: Int) {
        let source = start..<start + range.count
        switch (storage, other.storage) {
        case (.float32(var mine), .float32(let theirs)):
            mine.replaceSubrange(range, with: theirs[source])
            self = CaseValues.tensor(.float32(mine), shape)
        case (.float16(var mine), .float16(let theirs)):
            mine.replaceSubrange(range, with: theirs[source])
            self = CaseValues.tensor(.float16(mine), shape)
        case (.bfloat16(var mine), .bfloat16(let theirs)):
            mine.replaceSubrange(range, with: theirs[source])
            self = CaseValues.tensor(.bfloat16(mine), shape)
        case (.int32(var mine), .int32(let theirs)):
            mine.replaceSubrange(range, with: theirs[source])
            self = CaseValues.tensor(.int32(mine), shape)
        case (.int64(var mine), .int64(let theirs)):
            mine.replaceSubrange(range, with: theirs[source])
            self = CaseValues.tensor(.int64(mine), shape)
        case (.bool(var mine), .bool(let theirs)):
            mine.replaceSubrange(range, with: theirs[source])
            self = CaseValues.tensor(.bool(mine), shape)
        default: preconditionFailure("both tensors have one dtype")
        }
    }

    /// A vector of numbers, rounded to a floating-point dtype.
    init(floats: [Float], dtype: DType) {
        let storage: Storage =
            switch dtype {
            case .float16: .float16(floats.map(NarrowFloat.float16))
            case .bfloat16: .bfloat16(floats.map { NarrowFloat.bfloat16($0) })
            case .float32, .int32, .int64, .bool: .float32(floats)
            }
        self = CaseValues.tensor(storage, [floats.count])
    }
}
