import AttendBackend
import SIMDKernelTypes

/// Keys or values as float32: row i starts at `pointer + i · rowStride`, its components `componentStride` apart.
struct KeyRows {
    var pointer: UnsafePointer<Float>
    let rowStride: Int
    let componentStride: Int

    /// The rows from this one on.
    func from(_ row: Int) -> KeyRows {
        KeyRows(pointer: pointer + row * rowStride, rowStride: rowStride, componentStride: componentStride)
    }
}

/// Keys as bfloat16, for native scores.
struct NativeKeys {
    let pointer: UnsafePointer<UInt16>
    let stride: Int
    /// The least exponent field of the block.
    let least: Int
}

// Attention on 16-bit floats. Keys and values are widened a block at a time, in memory that stays in the caches, and all
// sums are in float32. Scores of bfloat16 are native products where the kernel table has them.
//
// The pattern stays in float32 for its product with the values: the result is rounded once, and a pattern of one bfloat16
// is wrong in its ninth bit. Two bfloat16 of it have 17 bits, of 24 that the bound is derived from, and take two vdpbf16ps
// for 32 products of a lane, as many as 32 multiply-adds of float32 take on Zen 4; three would take half as many again.
extension AttentionKernel {
    /// The kernel on 16-bit floats; nil where the operands are not all of one 16-bit type, where the pattern is an output, and
    /// where the products are a library's.
    static func narrow(
        _ call: AttentionCall, _ engine: HostEngine, _ backend: String
    ) throws(UnsupportedOperation) -> HostKernel? {
        let floats =
            [call.query, call.key, call.value, call.bias].compactMap(\.self) + call.request.outputs.compactMap(\.self)
        guard engine.matrices.fusesAttention, !call.wants(.pattern),
            let conversion = NarrowOperand(call.query, engine.table)?.conversion,
            floats.allSatisfy({ $0.dtype == call.query.dtype })
        else { return nil }
        let native = call.query.dtype == .bfloat16 ? engine.table.nativeBFloat16 : nil
        return try kernel(AttentionKernel(call, engine, backend, narrow: conversion, native: native), call)
    }

    /// The keys or the values of a range, in place or widened into `room`.
    func rows(
        _ input: AttentionCall.Input, _ operands: HostOperands, _ batch: Int, _ head: Int, _ keys: Range<Int>,
        room: UnsafeMutablePointer<Float>
    ) -> KeyRows {
        let layout = input == .key ? key : value
        let place =
            layout.offset + batch * layout.strides[0] + head * layout.strides[1] + keys.lowerBound * layout.strides[2]
        let (row, component) = (layout.strides[2], layout.strides[3])
        guard let narrow else {
            return KeyRows(pointer: operands.input(input.rawValue) + place, rowStride: row, componentStride: component)
        }
        let (source, width) = (operands.input(input.rawValue, as: UInt16.self) + place, layout.shape[3])
        if component == 1, row == width {
            narrow.widen(source, room, keys.count * width)
        } else {
            for index in 0..<keys.count { widen(source + index * row, component, width, into: room + index * width) }
        }
        return KeyRows(pointer: UnsafePointer(room), rowStride: width, componentStride: 1)
    }

    /// The keys of a range for native products, copied into `room` if their components are not next to each other; nil
    /// without native products.
    func nativeKeys(
        _ operands: HostOperands, _ batch: Int, _ head: Int, _ keys: Range<Int>, room: UnsafeMutablePointer<Float>
    ) -> NativeKeys? {
        guard let native else { return nil }
        let strides = key.strides
        var source = operands.input(1, as: UInt16.self) + key.offset + batch * strides[0] + head * strides[1]
        source += keys.lowerBound * strides[2]
        var stride = strides[2]
        if strides[3] != 1, headDimension > 1 {
            let copy = UnsafeMutableRawPointer(room).assumingMemoryBound(to: UInt16.self)
            for index in 0..<keys.count {
                for component in 0..<headDimension {
                    copy[index * headDimension + component] = source[index * stride + component * strides[3]]
                }
            }
            (source, stride) = (UnsafePointer(copy), headDimension)
        }
        let least = native.least(keys.count, headDimension, source, stride)
        return NativeKeys(pointer: source, stride: stride, least: least)
    }

    /// Widens numbers that are `stride` apart.
    private func widen(
        _ source: UnsafePointer<UInt16>, _ stride: Int, _ count: Int, into target: UnsafeMutablePointer<Float>
    ) {
        guard let narrow else { return }
        if stride == 1 { return narrow.widen(source, target, count) }
        for index in 0..<count { narrow.widen(source + index * stride, target + index, 1) }
    }

    /// Where a query's components begin, in elements.
    func queryPlace(_ batch: Int, _ head: Int, _ query: Int) -> Int {
        let strides = self.query.strides
        return self.query.offset + batch * strides[0] + head * strides[1] + query * strides[2]
    }

    /// Copies a query's components as float32.
    func copyQuery(
        _ operands: HostOperands, _ batch: Int, _ head: Int, _ query: Int, into target: UnsafeMutablePointer<Float>
    ) {
        let (place, stride) = (queryPlace(batch, head, query), self.query.strides[3])
        if narrow != nil { return widen(operands.input(0) + place, stride, headDimension, into: target) }
        let source = operands.input(0, as: Float.self) + place
        for component in 0..<headDimension { target[component] = source[component * stride] }
    }

    /// Copies the biases of a query at some keys as float32; false without a bias.
    func copyBias(
        _ operands: HostOperands, _ batch: Int, _ head: Int, _ query: Int, _ keys: Range<Int>,
        into target: UnsafeMutablePointer<Float>
    ) -> Bool {
        guard let bias else { return false }
        let (strides, input) = (bias.strides, AttentionCall.Input.bias.rawValue)
        var place = bias.offset + batch * strides[0] + head * strides[1] + query * strides[2]
        place += keys.lowerBound * strides[3]
        if narrow != nil {
            widen(operands.input(input) + place, strides[3], keys.count, into: target)
        } else {
            let source = operands.input(input, as: Float.self) + place
            for index in 0..<keys.count { target[index] = source[index * strides[3]] }
        }
        return true
    }

    /// Writes results, rounded once if they are 16-bit floats.
    func write(_ source: UnsafePointer<Float>, _ count: Int, _ operands: HostOperands, output: Int, at place: Int) {
        if let narrow {
            narrow.narrow(source, operands.output(output, as: UInt16.self) + place, count)
        } else {
            (operands.output(output, as: Float.self) + place).update(from: source, count: count)
        }
    }
}
