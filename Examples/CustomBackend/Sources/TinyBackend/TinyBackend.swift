public import AttendBackend
import Synchronization

/// A small backend: five operations on dense float32 values, in memory of its own. What it refuses goes elsewhere, or a
/// program that names it alone says which node it has no kernel for.
public final class TinyBackend: ComputeBackend {
    public let device = DeviceDescription(backend: "tiny", name: "five operations in plain Swift", threads: 1)

    public init() {}

    public func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer { TinyBuffer(byteCount) }
    public func makeStream() throws(BackendError) -> any ComputeStream { TinyStream() }

    public func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        guard let primitive = request.operation.primitive, let function = TinyKernel.functions[primitive] else {
            throw UnsupportedOperation("tiny has no kernel for \(request.operation.name)")
        }
        let inputs = request.inputs.compactMap(\.self)
        guard let output = request.outputs[0], inputs.allSatisfy({ $0.dtype == .float32 }) else {
            throw UnsupportedOperation("tiny supports only float32")
        }
        return TinyKernel(
            name: "tiny \(primitive.rawValue)", function: function,
            // Inputs come dense; here they are seen in the output's shape.
            layouts: inputs.map { Layout(dense: $0.shape).broadcast(to: output.shape) },
            counts: inputs.map(\.elementCount), outputCount: output.elementCount)
    }
}

struct TinyKernel: Kernel {
    let name: String
    let function: @Sendable (Float, Float) -> Float
    let layouts: [Layout]
    let counts: [Int]
    let outputCount: Int

    /// What takes one operand is given it twice.
    static let functions: [Primitive: @Sendable (Float, Float) -> Float] = [
        .add: { $0 + $1 }, .subtract: { $0 - $1 }, .multiply: { $0 * $1 }, .negate: { x, _ in -x },
        .abs: { x, _ in x.magnitude }
    ]

    var cost: KernelCost {
        KernelCost(flops: Double(outputCount), bytes: Double(4 * (counts.reduce(0, +) + outputCount)))
    }

    func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance { Instance(self) }

    private final class Instance: KernelInstance {
        private let kernel: TinyKernel

        init(_ kernel: TinyKernel) { self.kernel = kernel }

        func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError) {
            var operands: [[Float]] = []
            for (index, slice) in inputs.compactMap(\.self).enumerated() {
                let numbers = try slice.words(kernel.counts[index]).map { Float(bitPattern: $0) }
                operands.append(kernel.layouts[index].elementOffsets.map { numbers[$0] })
            }
            guard let first = operands.first, let second = operands.last, let output = outputs[0] else { return }
            try output.write(zip(first, second).map { kernel.function($0, $1).bitPattern })
        }
    }
}
