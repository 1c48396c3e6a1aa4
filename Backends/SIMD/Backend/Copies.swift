import AttendBackend
import SIMDKernelTypes

/// Kernels that only copy elements: bits are unchanged, so the size matters, not the dtype.
enum Copies {
    /// transpose, broadcast, slice, reshape: a view of the input, copied to a dense output.
    static func view(_ call: ViewCall, _ engine: HostEngine) -> HostKernel {
        let target = call.output.layout
        if let source = call.layout { return copy(call.request, engine, from: source, to: target).strided([0]) }
        // No view: the host passes the input dense, and its bytes are copied unchanged.
        return copy(call.request, engine, from: Layout(dense: call.output.shape), to: target)
    }

    private static func copy(
        _ request: KernelRequest, _ engine: HostEngine, from source: Layout, to target: Layout
    ) -> HostKernel {
        let loop = StridedLoop(shape: target.shape, [target, source])
        let size = request.outputs[0]?.dtype.byteCount ?? 1
        return HostKernel("copy", request, flops: 0) { operands in
            let (from, to) = (operands.inputs[0]!, operands.outputs[0]!)
            if loop.runStrides[1] != 1, size == 4, transposed(loop, engine, from, to) { return }
            loop.forEachRun(engine) { start, count in
                move(from, start[1], loop.runStrides[1], to, start[0], loop.runStrides[0], count, size)
            }
        }
    }

    /// Exchange of the last two axes, by the blocked transpose, which is faster.
    private static func transposed(
        _ loop: StridedLoop, _ engine: HostEngine, _ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer
    ) -> Bool {
        guard let matrix = loop.transposedMatrix else { return false }
        engine.parallel(loop.runCount / matrix.rows, grain: 1) { items in
            for item in items {
                let start = loop.start(of: item * matrix.rows)
                engine.table.copies.transpose(
                    matrix.columns, matrix.rows, from + start[1] * 4, matrix.sourceStride, to + start[0] * 4,
                    matrix.targetStride)
            }
        }
        return true
    }

    /// Copies `count` elements of `size` bytes, each side with its stride in elements.
    static func move(
        _ source: UnsafeRawPointer, _ sourceStart: Int, _ sourceStride: Int, _ target: UnsafeMutableRawPointer,
        _ targetStart: Int, _ targetStride: Int, _ count: Int, _ size: Int
    ) {
        if sourceStride == 1, targetStride == 1 {
            (target + targetStart * size).copyMemory(from: source + sourceStart * size, byteCount: count * size)
            return
        }
        switch size {
        case 1: move(source, sourceStart, sourceStride, target, targetStart, targetStride, count, UInt8.self)
        case 2: move(source, sourceStart, sourceStride, target, targetStart, targetStride, count, UInt16.self)
        case 4: move(source, sourceStart, sourceStride, target, targetStart, targetStride, count, UInt32.self)
        default: move(source, sourceStart, sourceStride, target, targetStart, targetStride, count, UInt64.self)
        }
    }

    @inline(__always)
    private static func move<Element>(
        _ source: UnsafeRawPointer, _ sourceStart: Int, _ sourceStride: Int, _ target: UnsafeMutableRawPointer,
        _ targetStart: Int, _ targetStride: Int, _ count: Int, _ type: Element.Type
    ) {
        let from = source.assumingMemoryBound(to: Element.self) + sourceStart
        let to = target.assumingMemoryBound(to: Element.self) + targetStart
        for index in 0..<count { to[index * targetStride] = from[index * sourceStride] }
    }

    // MARK: Pad and concatenate

    static func pad(_ request: KernelRequest, _ engine: HostEngine) -> HostKernel? {
        guard let input = request.inputs[0], let output = request.outputs[0] else { return nil }
        let before = request.attributes.concreteSizes("before")
        let size = output.dtype.byteCount
        let filler = Tensor(scalar: request.attributes.number("value"), dtype: output.dtype)
        let inner = Layout(
            shape: input.shape, strides: output.layout.strides,
            offset: zip(before, output.layout.strides).reduce(0) { $0 + $1.0 * $1.1 })
        let loop = StridedLoop(shape: input.shape, [inner, input.layout])
        return HostKernel("pad", request, flops: 0) { operands in
            let (from, to) = (operands.inputs[0]!, operands.outputs[0]!)
            filler.withBytes { bytes in
                bytes.withUnsafeBytes { Copies.move($0.baseAddress!, 0, 0, to, 0, 1, output.elementCount, size) }
            }
            loop.forEachRun(engine) { start, count in
                move(from, start[1], loop.runStrides[1], to, start[0], loop.runStrides[0], count, size)
            }
        }.strided([0])
    }

    static func concatenate(_ request: KernelRequest, _ engine: HostEngine) -> HostKernel? {
        guard let output = request.outputs[0] else { return nil }
        let axis = request.attributes.integer("axis").fromFront(of: output.shape.count)
        let size = output.dtype.byteCount
        var loops: [StridedLoop] = []
        var position = 0
        for case let input? in request.inputs {
            let target = Layout(
                shape: input.shape, strides: output.layout.strides, offset: position * output.layout.strides[axis])
            loops.append(StridedLoop(shape: input.shape, [target, input.layout]))
            position += input.shape[axis]
        }
        return HostKernel("concatenate", request, flops: 0) { [loops] operands in
            for (index, loop) in loops.enumerated() {
                let (from, to) = (operands.inputs[index]!, operands.outputs[0]!)
                loop.forEachRun(engine) { start, count in
                    move(from, start[1], loop.runStrides[1], to, start[0], loop.runStrides[0], count, size)
                }
            }
        }.strided(Set(request.inputs.indices))
    }

}

extension StridedLoop {
    /// The two innermost axes, if they form a matrix read along its columns.
    struct TransposedMatrix {
        /// Rows of the target.
        var rows: Int
        var columns: Int
        var sourceStride: Int
        var targetStride: Int
    }
}
