package import AttendBackend

/// Addresses of a run's operands; nil for absent ones.
package struct HostOperands {
    package let inputs: [UnsafeRawPointer?]
    package let outputs: [UnsafeMutableRawPointer?]

    func input<Element>(_ index: Int, as type: Element.Type = Element.self) -> UnsafePointer<Element> {
        inputs[index]!.assumingMemoryBound(to: Element.self)
    }

    func optionalInput<Element>(_ index: Int, as type: Element.Type = Element.self) -> UnsafePointer<Element>? {
        inputs[index]?.assumingMemoryBound(to: Element.self)
    }

    func output<Element>(_ index: Int = 0, as type: Element.Type = Element.self) -> UnsafeMutablePointer<Element> {
        outputs[index]!.assumingMemoryBound(to: Element.self)
    }
}

/// A kernel on host memory: a name, its operand properties, and a function.
package struct HostKernel: Kernel {
    package typealias Body = @Sendable (HostOperands) throws(BackendError) -> Void

    package let name: String
    package let cost: KernelCost
    package var stridedInputs: Set<Int> = []
    package var overwritableInputs: Set<Int> = []
    package var packings: [Int: String] = [:]
    let body: Body

    package init(_ name: String, _ request: KernelRequest, flops: Double? = nil, body: @escaping Body) {
        self.name = name
        let elements = request.outputs.reduce(0) { max($0, $1?.elementCount ?? 0) }
        cost = KernelCost(flops: flops ?? Double(elements), bytes: Double(request.movedByteCount))
        self.body = body
    }

    package func packing(ofInput index: Int) -> String? { packings[index] }

    package func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
        Instance(body)
    }

    private final class Instance: KernelInstance {
        private let body: Body

        init(_ body: @escaping Body) { self.body = body }

        func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError) {
            // The caller's slices keep the buffers alive, and all work is finished on return.
            try body(
                HostOperands(
                    inputs: inputs.map { $0.map { UnsafeRawPointer($0.address) } }, outputs: outputs.map { $0?.address }
                ))
        }
    }

    /// The kernel, accepting any strides on these inputs.
    func strided(_ inputs: Set<Int>) -> HostKernel {
        var kernel = self
        kernel.stridedInputs = inputs
        return kernel
    }

    /// The kernel, with output 0 allowed in the memory of these inputs.
    func overwriting(_ inputs: Set<Int>) -> HostKernel {
        var kernel = self
        kernel.overwritableInputs = inputs
        return kernel
    }
}

extension BufferSlice {
    /// The slice's address in host memory.
    var address: UnsafeMutableRawPointer {
        guard let buffer = buffer as? HostMemory else {
            preconditionFailure("a host backend was given another backend's buffer")
        }
        return buffer.address + byteOffset
    }
}
