import AttendRuntime
import ReferenceBackend

/// An error analysis of a whole composite, with tighter bounds than the evaluation of its parts.
protocol SharpComposite: Sendable {
    /// - Parameter inputs: In the schema's order.
    /// - Returns: The outputs in the schema's order; nil for outputs that are not requested.
    func evaluate(_ inputs: [SharpInput?]) -> [[Bounded]?]
}

enum SharpInput {
    case floats([Bounded])
    case integers([Int64])
    case bools([Bool])

    var floats: [Bounded] { if case .floats(let values) = self { values } else { [] } }
    var integers: [Int64] { if case .integers(let values) = self { values } else { [] } }
    var bools: [Bool] { if case .bools(let values) = self { values } else { [] } }
}

enum SharpComposites {
    /// The analysis of a request; nil for operations that are evaluated in parts.
    static func claim(_ request: KernelRequest) -> (any SharpComposite)? {
        // Also with 16-bit types, attention, softmax and the norms compute in float32 and round once.
        switch request.operation.id {
        case .attention: SharpAttention(request)
        case .softmax: SharpSoftmax(request)
        case .layerNorm: SharpNorm(request, centers: true)
        case .rmsNorm: SharpNorm(request, centers: false)
        case .linear, .fusedLinear: SharpLinear(request)
        case .quantizedLinear: SharpQuantizedLinear(request)
        default: nil
        }
    }

    /// u, the unit roundoff of float32.
    static let unit = 0x1p-24

    /// γₙ = n·u / (1 − n·u).
    static func gamma(_ count: Int) -> Double {
        let product = Double(max(0, count)) * unit
        return product / (1 - product)
    }

    /// The absolute error of a function's result that may be flushed to zero.
    static let tiny = 0x1p-126
}

/// A kernel of the oracle that runs a composite's analysis.
struct SharpKernel: Kernel {
    let request: KernelRequest
    let composite: any SharpComposite
    let oracle: BoundOracle

    var name: String { "bounds of \(request.operation.name)" }
    var cost: KernelCost { KernelCost(flops: 0, bytes: 0) }

    func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
        Instance(self, stream)
    }

    private final class Instance: KernelInstance {
        let kernel: SharpKernel
        let stream: any ComputeStream

        init(_ kernel: SharpKernel, _ stream: any ComputeStream) {
            self.kernel = kernel
            // The oracle's own reads are not recorded as results.
            self.stream = (stream as? RecordingStream)?.unrecorded ?? stream
        }

        func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError) {
            var values: [SharpInput?] = []
            for (slice, operand) in zip(inputs, kernel.request.inputs) {
                guard let slice, let operand else {
                    values.append(nil)
                    continue
                }
                values.append(try read(slice, operand))
            }
            let results = kernel.composite.evaluate(values)
            for (index, operand) in kernel.request.outputs.enumerated() {
                guard let operand, let slice = outputs[index], let result = results[index] else { continue }
                let oracle = kernel.oracle
                var stored = result
                if operand.dtype != .float32 { stored = stored.map { $0.rounded(to: operand.dtype) } }
                if oracle.model.roundsResults { stored = stored.map { oracle.model.applied(to: $0, operand.dtype) } }
                try oracle.base.write(stored, at: slice, dtype: operand.dtype)
            }
        }

        private func read(_ slice: BufferSlice, _ operand: Operand) throws(BackendError) -> SharpInput {
            if operand.dtype.isFloatingPoint {
                let oracle = kernel.oracle
                return .floats(try oracle.base.scalars(at: slice, dtype: operand.dtype, count: operand.elementCount))
            }
            let tensor = try stream.copyOut(slice, dtype: operand.dtype, shape: operand.shape)
            if let integers = try? tensor.integers() { return .integers(integers) }
            return .bools((try? tensor.bools()) ?? [])
        }
    }
}
