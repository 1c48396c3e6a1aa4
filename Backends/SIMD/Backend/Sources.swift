import AttendBackend

/// iota and random: values without input elements.
enum Sources {
    static func iota(_ request: KernelRequest, _ engine: HostEngine) -> HostKernel? {
        guard let output = request.outputs[0] else { return nil }
        switch output.dtype {
        case .float32: return iota(request, output) { Float($0) }
        case .float16: return iota(request, output) { NarrowFloat.float16(NarrowFloat.odd(Int64($0))) }
        case .bfloat16: return iota(request, output) { NarrowFloat.bfloat16(NarrowFloat.odd(Int64($0))) }
        case .int32: return iota(request, output) { Int32(truncatingIfNeeded: $0) }
        case .int64: return iota(request, output) { Int64($0) }
        case .bool: return nil
        }
    }

    private static func iota<Element>(
        _ request: KernelRequest, _ output: Operand, _ element: @escaping @Sendable (Int) -> Element
    ) -> HostKernel {
        let axis = request.attributes.integer("axis").fromFront(of: output.shape.count)
        let (size, inner) = (output.shape[axis], output.shape[(axis + 1)...].reduce(1, *))
        return HostKernel("iota", request) { operands in
            let target = operands.output(as: Element.self)
            for index in 0..<output.elementCount { target[index] = element(index / inner % size) }
        }
    }

    static func random(_ request: KernelRequest, _ engine: HostEngine) -> HostKernel? {
        guard let output = request.outputs[0], let counter = request.inputs[0] else { return nil }
        let (seed, isWide) = (request.attributes.integer("seed"), counter.dtype == .int64)
        return HostKernel("philox", request, flops: Double(output.elementCount) * 40) { operands in
            let run = isWide ? operands.input(0, as: Int64.self)[0] : Int64(operands.input(0, as: Int32.self)[0])
            let target = operands.output(as: Float.self)
            let count = output.elementCount
            engine.parallel((count + 3) / 4, grain: HostEngine.elementGrain / 64) { blocks in
                for block in blocks {
                    let numbers = Philox.uniforms(block, counter: run, seed: seed)
                    for lane in 0..<min(4, count - block * 4) { target[block * 4 + lane] = numbers[lane] }
                }
            }
        }
    }
}
