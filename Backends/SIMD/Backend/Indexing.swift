import AttendBackend

/// gather, scatter_add and update_slice. Indices are checked when used; one outside of its axis fails the run.
enum Indexing {
    /// Reader of int32 or int64 indices; negative ones count from the end.
    private struct Indices: Sendable {
        let isWide: Bool
        let size: Int
        let operation: String
        let backend: String

        init(_ call: IndexCall, _ backend: String) {
            isWide = call.indices.dtype == .int64
            size = call.rows
            operation = call.request.operation.name
            self.backend = backend
        }

        func value(_ pointer: UnsafeRawPointer, _ position: Int) -> Int {
            isWide
                ? Int(pointer.assumingMemoryBound(to: Int64.self)[position])
                : Int(pointer.assumingMemoryBound(to: Int32.self)[position])
        }

        func resolved(_ pointer: UnsafeRawPointer, _ position: Int) throws(BackendError) -> Int {
            let index = value(pointer, position)
            let positive = index < 0 ? index &+ size : index
            guard positive >= 0, positive < size else {
                throw .indexOutOfRange(backend: backend, operation: operation, index: index, size: size)
            }
            return positive
        }

        /// Checks indices that are not used otherwise: one outside of its axis is an error all the same.
        func check(_ pointer: UnsafeRawPointer, count: Int) throws(BackendError) {
            for position in 0..<count { _ = try resolved(pointer, position) }
        }
    }

    static func gather(_ call: IndexCall, _ engine: HostEngine, _ backend: String) -> HostKernel {
        let (outer, rows, count) = (call.outer, call.rows, call.positions)
        let row = call.row * call.input.dtype.byteCount
        let reader = Indices(call, backend)
        return HostKernel("gather", call.request, flops: 0) { operands throws(BackendError) in
            let (source, index, target) = (operands.inputs[0]!, operands.inputs[1]!, operands.outputs[0]!)
            if outer == 0 { try reader.check(index, count: count) }
            for block in 0..<outer {
                for position in 0..<count {
                    let from = source + (block * rows + (try reader.resolved(index, position))) * row
                    (target + (block * count + position) * row).copyMemory(from: from, byteCount: row)
                }
            }
        }
    }

    static func scatterAdd(_ call: IndexCall, _ engine: HostEngine, _ backend: String) -> HostKernel? {
        switch call.input.dtype {
        case .float32: scatterAdd(call, backend) { (a: Float, b: Float) in a + b }
        case .int32: scatterAdd(call, backend) { (a: Int32, b: Int32) in a &+ b }
        case .int64: scatterAdd(call, backend) { (a: Int64, b: Int64) in a &+ b }
        default: nil
        }
    }

    private static func scatterAdd<Element>(
        _ call: IndexCall, _ backend: String, _ add: @escaping @Sendable (Element, Element) -> Element
    ) -> HostKernel {
        let (outer, rows, row) = (call.outer, call.rows, call.row)
        let (count, total) = (call.positions, call.input.elementCount)
        let reader = Indices(call, backend)
        return HostKernel("scatter_add", call.request) { operands throws(BackendError) in
            let (index, updates) = (operands.inputs[1]!, operands.input(2, as: Element.self))
            let target = operands.output(as: Element.self)
            if UnsafePointer(target) != operands.input(0, as: Element.self) {
                target.update(from: operands.input(0, as: Element.self), count: total)
            }
            if outer == 0 { try reader.check(index, count: count) }
            for block in 0..<outer {
                for position in 0..<count {
                    let to = target + (block * rows + (try reader.resolved(index, position))) * row
                    let from = updates + (block * count + position) * row
                    for element in 0..<row { to[element] = add(to[element], from[element]) }
                }
            }
        }.overwriting([0])
    }

    static func updateSlice(_ call: IndexCall, _ engine: HostEngine, _ backend: String) -> HostKernel {
        let (outer, rows, count) = (call.outer, call.rows, call.positions)
        let row = call.row * call.input.dtype.byteCount
        let reader = Indices(call, backend)
        let total = call.input.elementCount * call.input.dtype.byteCount
        let (starts, blocksPerStart) = (call.indices.elementCount, call.blocksPerStart)
        return HostKernel("update_slice", call.request, flops: 0) { operands throws(BackendError) in
            let (source, patch, target) = (operands.inputs[0]!, operands.inputs[1]!, operands.outputs[0]!)
            // All starts are checked before anything is written.
            for place in 0..<starts {
                let given = reader.value(operands.inputs[2]!, place)
                let first = given < 0 ? given &+ rows : given
                guard first >= 0, first <= rows - count else {
                    throw .indexOutOfRange(backend: backend, operation: "update_slice", index: given, size: rows)
                }
            }
            if UnsafeRawPointer(target) != source { target.copyMemory(from: source, byteCount: total) }
            for block in 0..<outer {
                let given = reader.value(operands.inputs[2]!, block / blocksPerStart)
                let first = given < 0 ? given + rows : given
                (target + (block * rows + first) * row)
                    .copyMemory(from: patch + block * count * row, byteCount: count * row)
            }
        }.overwriting([0])
    }
}
