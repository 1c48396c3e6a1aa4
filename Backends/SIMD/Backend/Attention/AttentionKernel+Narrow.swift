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

/// The 16-bit keys or values of a head.
struct NarrowRows {
    let pointer: UnsafePointer<UInt16>
    let rowStride: Int
    let componentStride: Int
    let width: Int
    let conversion: ConversionKernels

    private var areDense: Bool { componentStride == 1 && rowStride == width }

    /// The rows of a range as float32 in `room`.
    func widened(_ keys: Range<Int>, into room: UnsafeMutablePointer<Float>) -> KeyRows {
        let source = pointer + keys.lowerBound * rowStride
        if areDense {
            conversion.widen(source, room, keys.count * width)
        } else {
            for index in 0..<keys.count {
                conversion.widen(source + index * rowStride, componentStride, width, into: room + index * width)
            }
        }
        return KeyRows(pointer: UnsafePointer(room), rowStride: width, componentStride: 1)
    }

    /// Asks for the rows of a range to be brought near.
    func fetch(_ keys: Range<Int>) {
        let source = pointer + keys.lowerBound * rowStride
        if areDense {
            conversion.fetch(source, keys.count * width)
        } else if componentStride == 1 {
            for index in 0..<keys.count { conversion.fetch(source + index * rowStride, width) }
        }
    }
}

extension ConversionKernels {
    /// Widens numbers that are `stride` apart.
    func widen(
        _ source: UnsafePointer<UInt16>, _ stride: Int, _ count: Int, into target: UnsafeMutablePointer<Float>
    ) {
        if stride == 1 { return widen(source, target, count) }
        for index in 0..<count { widen(source + index * stride, target + index, 1) }
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

    /// The 16-bit keys or values of a head; nil for float32.
    func narrowRows(
        _ input: AttentionCall.Input, _ operands: HostOperands, _ batch: Int, _ head: Int
    ) -> NarrowRows? {
        guard let narrow else { return nil }
        let layout = input == .key ? key : value
        let place = layout.offset + batch * layout.strides[0] + head * layout.strides[1]
        return NarrowRows(
            pointer: operands.input(input.rawValue, as: UInt16.self) + place, rowStride: layout.strides[2],
            componentStride: layout.strides[3], width: layout.shape[3], conversion: narrow)
    }

    /// The float32 keys or values of a head from a key on, in place.
    func wideRows(
        _ input: AttentionCall.Input, _ operands: HostOperands, _ batch: Int, _ head: Int, from key: Int
    ) -> KeyRows {
        let layout = input == .key ? self.key : value
        let base = input == .key ? keyHead(operands, batch, head) : valueHead(operands, batch, head)
        return KeyRows(pointer: base, rowStride: layout.strides[2], componentStride: layout.strides[3]).from(key)
    }

    /// The keys or the values of a range, in place or widened into `room`.
    func rows(
        _ input: AttentionCall.Input, _ operands: HostOperands, _ batch: Int, _ head: Int, _ keys: Range<Int>,
        room: UnsafeMutablePointer<Float>
    ) -> KeyRows {
        narrowRows(input, operands, batch, head)?.widened(keys, into: room)
            ?? wideRows(input, operands, batch, head, from: keys.lowerBound)
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
        if let narrow { return narrow.widen(operands.input(0) + place, stride, headDimension, into: target) }
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
        if let narrow {
            narrow.widen(operands.input(input) + place, strides[3], keys.count, into: target)
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
