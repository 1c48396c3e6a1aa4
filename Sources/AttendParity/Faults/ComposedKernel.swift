import AttendRuntime

/// A graph of one operation, with inputs of a request's types.
enum OneNodeGraph {
    /// - Parameter body: The replacement of the operation, on its inputs in the schema's order; nil for the operation
    ///   itself.
    static func make(
        _ request: KernelRequest, composites: [any CompositeOperation] = [],
        _ body: (GraphBuilder, [Value?]) throws(GraphError) -> [Value?]
    ) throws(GraphError) -> Graph {
        let builder = GraphBuilder("one node", composites: composites)
        var inputs: [Value?] = []
        for (index, operand) in request.inputs.enumerated() {
            guard let operand else {
                inputs.append(nil)
                continue
            }
            inputs.append(try builder.input("input\(index)", TensorType(operand.dtype, operand.shape)))
        }
        for (index, output) in try body(builder, inputs).enumerated() {
            guard let output, request.outputs[index] != nil else { continue }
            try builder.output("output\(index)", output)
        }
        return try builder.build()
    }

    /// Applies the operation itself, with these attributes.
    static func apply(
        _ request: KernelRequest, _ attributes: Attributes, _ builder: GraphBuilder, _ inputs: [Value?]
    ) throws(GraphError) -> [Value?] {
        if let primitive = request.operation.primitive {
            return [try builder.apply(primitive, inputs.compactMap(\.self), attributes)]
        }
        guard let schema = request.schema else { return [] }
        var named: [String: Value] = [:]
        for (slot, value) in zip(schema.inputs, inputs) { named[slot.name] = value }
        return try builder.apply(
            request.operation.name, version: request.operation.version, inputs: named, attributes: attributes)
    }
}

/// A kernel for a composite on a backend that supports only its parts.
struct ComposedKernel: Kernel {
    private let graph: Graph
    private let request: KernelRequest
    private let backend: any ComputeBackend

    /// Nil for a primitive, and for a composite that is not built in.
    init?(_ request: KernelRequest, on backend: any ComputeBackend) {
        let name = request.operation.versionedName
        guard request.operation.primitive == nil, Composites.builtIn[name] != nil else { return nil }
        do throws(GraphError) {
            graph = try OneNodeGraph.make(request) { builder, inputs throws(GraphError) in
                try OneNodeGraph.apply(request, request.attributes, builder, inputs)
            }
        } catch {
            return nil
        }
        self.request = request
        self.backend = backend
    }

    var name: String { "\(request.operation.name) in parts" }
    var cost: KernelCost { KernelCost(flops: 0, bytes: 0) }

    func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
        Instance(self, stream)
    }

    private final class Instance: KernelInstance {
        private let kernel: ComposedKernel
        private let stream: any ComputeStream

        init(_ kernel: ComposedKernel, _ stream: any ComputeStream) {
            self.kernel = kernel
            self.stream = stream
        }

        func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError) {
            var tensors: [String: Tensor] = [:]
            for (index, operand) in kernel.request.inputs.enumerated() {
                guard let operand, let slice = inputs[index] else { continue }
                tensors["input\(index)"] = try stream.copyOut(slice, dtype: operand.dtype, shape: operand.shape)
            }
            let results: [String: Tensor]
            do throws(RunError) {
                results = try kernel.graph.run(tensors, on: kernel.backend)
            } catch .backend(let error, _) {
                throw error
            } catch {
                throw .failed(
                    backend: kernel.backend.device.backend, action: "run \(kernel.name)", reason: "\(error)")
            }
            for (index, slice) in outputs.enumerated() {
                if let slice, let tensor = results["output\(index)"] { try stream.copyIn(tensor, to: slice) }
            }
        }
    }
}
