import AttendBackend
import SIMDKernelTypes

/// `quantized_linear`, by panels of columns: the weight's words, its scales and its offsets are each laid out as `[panel][row
/// of the panel][panelColumns]`.
enum QuantizedProducts {
    /// The layout of constants: panels of elements of 2 or 4 bytes, the last padded with zeros.
    static let packing = "quantized.panels"

    private typealias Input = QuantizedLinearCall.Input

    /// The inputs that the kernel reads in 16 bits itself.
    static func ownTypeInputs(_ request: KernelRequest) -> Set<Int> {
        QuantizedLinearCall(request) == nil ? [] : [Input.scales.rawValue, Input.offsets.rawValue]
    }

    static func linear(
        _ call: QuantizedLinearCall, _ engine: HostEngine, _ backend: String
    ) throws(UnsupportedOperation) -> HostKernel {
        _ = try Rows.float(call.input, "input")
        let (kernels, columns) = (engine.table.quantized, engine.table.quantized.panelColumns)
        let (m, n, k) = (call.rows, call.outer, call.inner)
        let (group, groups) = (call.group, call.groups)
        let parts = [
            Part(call.weight, Input.weight.rawValue, columns, engine.table),
            Part(call.scales, Input.scales.rawValue, columns, engine.table),
            Part(call.offsets, Input.offsets.rawValue, columns, engine.table)
        ]
        let (panels, bits) = ((n + columns - 1) / columns, call.bits)
        // Blocks of rows for few panels; a multiple of every tile.
        let rowBlock = 96
        let rowBlocks = (m + rowBlock - 1) / rowBlock
        var kernel = HostKernel("quantized product, \(call.bits) bits", call.request, flops: call.flops) {
            operands throws(BackendError) in
            guard m > 0, n > 0 else { return }
            let (input, output) = (
                operands.input(Input.input.rawValue, as: Float.self), operands.output(as: Float.self)
            )
            let bias = operands.optionalInput(Input.bias.rawValue, as: Float.self)
            let sources = parts.map { operands.inputs[$0.input]! }
            try engine.scratch.withMemory(byteCount: m * groups * 4 + 64, backend: backend) { memory in
                let sums = memory.assumingMemoryBound(to: Float.self)
                engine.parallel(m, grain: max(1, HostEngine.elementGrain / max(1, k))) { rows in
                    for row in rows { kernels.groupSums(input + row * k, groups, group, sums + row * groups) }
                }
                // At least 2¹⁸ multiply-adds for a thread.
                let work = min(m, rowBlock) * k * columns
                engine.parallel(panels * rowBlocks, grain: max(1, (1 << 18) / max(1, work))) { items in
                    let scratch = Scratch(parts, columns, rows: min(m, rowBlock))
                    defer { scratch.release() }
                    for item in items {
                        let (panel, first) = (item / rowBlocks, item % rowBlocks * rowBlock)
                        let (start, count) = (panel * columns, min(columns, n - panel * columns))
                        let rows = min(rowBlock, m - first)
                        let words = scratch.read(parts[0], sources[0], panel)
                        let matrix = QuantizedPanel(
                            words: words.assumingMemoryBound(to: UInt32.self),
                            scales: scratch.read(parts[1], sources[1], panel).assumingMemoryBound(to: Float.self),
                            offsets: scratch.read(parts[2], sources[2], panel).assumingMemoryBound(to: Float.self),
                            bits: bits, group: group, groups: groups)
                        let isWhole = count == columns
                        let target = isWhole ? output + (first * n + start) : scratch.result
                        let stride = isWhole ? n : columns
                        kernels.product(
                            rows, input + first * k, k, sums + first * groups, matrix, target, stride)
                        for row in 0..<rows where !isWhole || bias != nil {
                            let (from, to) = (target + row * stride, output + ((first + row) * n + start))
                            if let bias {
                                engine.table.arithmetic.add.vectorVector(from, bias + start, to, count)
                            } else {
                                to.update(from: from, count: count)
                            }
                        }
                    }
                }
            }
        }
        for part in parts where part.isPacked { kernel.packings[part.input] = packing }
        return kernel
    }

    /// Lays a matrix out in panels; rows of the constant are columns of the product.
    static func pack(_ constant: Tensor, _ engine: HostEngine, backend: String) throws(BackendError) -> HostMemory {
        guard constant.shape.count == 2 else {
            throw .failed(
                backend: backend, action: "pack a constant",
                reason: "expected a matrix, found \(constant.dtype)\(constant.shape)")
        }
        let columns = engine.table.quantized.panelColumns
        let (rows, width) = (constant.shape[0], constant.shape[1])
        let panels = (rows + columns - 1) / columns
        func packed<Element: FixedWidthInteger>(_ elements: UnsafePointer<Element>) throws(BackendError) -> HostMemory {
            let size = panels * columns * width
            let memory = try HostMemory(byteCount: size * MemoryLayout<Element>.size, backend: backend)
            let target = memory.address.assumingMemoryBound(to: Element.self)
            engine.parallel(panels, grain: 1) { range in
                for panel in range {
                    Part.transpose(
                        elements, rows: rows, width: width, panel: panel, columns: columns,
                        into: target + panel * columns * width)
                }
            }
            return memory
        }
        return try constant.withBytes { bytes throws(BackendError) in
            try bytes.withUnsafeBytes { elements throws(BackendError) in
                // Of no elements none is read.
                let address = elements.baseAddress ?? UnsafeRawPointer(bitPattern: 64)!
                switch constant.dtype.byteCount {
                case 2: return try packed(address.assumingMemoryBound(to: UInt16.self))
                case 4: return try packed(address.assumingMemoryBound(to: UInt32.self))
                default:
                    throw BackendError.failed(
                        backend: backend, action: "pack a constant",
                        reason: "expected elements of 2 or 4 bytes, found \(constant.dtype)")
                }
            }
        }
    }

    /// A part of the quantized matrix: packed panels, or rows.
    struct Part: Sendable {
        let input: Int
        let isPacked: Bool
        /// Elements of a row.
        let width: Int
        let rows: Int
        let dtype: DType
        let columns: Int
        /// Nil for elements of 4 bytes.
        let widen: WideningKernel?

        init(_ operand: Operand, _ input: Int, _ columns: Int, _ table: KernelTable) {
            (self.input, self.columns, dtype) = (input, columns, operand.dtype)
            isPacked = operand.isConstant
            (rows, width) = (operand.shape[0], operand.shape[1])
            switch operand.dtype {
            case .float16: widen = table.float16.widen
            case .bfloat16: widen = table.bfloat16.widen
            case .float32, .int32, .int64, .bool: widen = nil
            }
        }

        /// Elements of a panel.
        var size: Int { columns * width }

        /// One panel of a row-major matrix.
        static func transpose<Element: FixedWidthInteger>(
            _ elements: UnsafePointer<Element>, rows: Int, width: Int, panel: Int, columns: Int,
            into target: UnsafeMutablePointer<Element>
        ) {
            let first = panel * columns
            let count = min(columns, rows - first)
            for index in 0..<width {
                let place = target + index * columns
                for column in 0..<count { place[column] = elements[(first + column) * width + index] }
                for column in count..<columns { place[column] = 0 }
            }
        }
    }

    /// Memory of one thread for a panel that is not ready to use.
    private struct Scratch {
        /// One for each part, and its 16-bit form.
        private let panels: [Int: (wide: UnsafeMutableRawPointer, narrow: UnsafeMutableRawPointer)]
        let result: UnsafeMutablePointer<Float>

        init(_ parts: [Part], _ columns: Int, rows: Int) {
            func memory(_ count: Int) -> UnsafeMutableRawPointer {
                .allocate(byteCount: max(64, count * 4), alignment: 64)
            }
            panels = Dictionary(
                uniqueKeysWithValues: parts.filter { !$0.isPacked || $0.widen != nil }.map {
                    ($0.input, (memory($0.size), memory($0.size)))
                })
            result = memory(columns * rows).assumingMemoryBound(to: Float.self)
        }

        func release() {
            for (wide, narrow) in panels.values {
                wide.deallocate()
                narrow.deallocate()
            }
            result.deallocate()
        }

        /// A panel with elements of 4 bytes.
        func read(_ part: Part, _ source: UnsafeRawPointer, _ panel: Int) -> UnsafeRawPointer {
            let elementSize = part.dtype.byteCount
            guard let own = panels[part.input] else { return source + panel * part.size * elementSize }
            guard let widen = part.widen else {
                Part.transpose(
                    source.assumingMemoryBound(to: UInt32.self), rows: part.rows, width: part.width, panel: panel,
                    columns: part.columns, into: own.wide.assumingMemoryBound(to: UInt32.self))
                return UnsafeRawPointer(own.wide)
            }
            var narrow = (source + panel * part.size * elementSize).assumingMemoryBound(to: UInt16.self)
            if !part.isPacked {
                let target = own.narrow.assumingMemoryBound(to: UInt16.self)
                Part.transpose(
                    source.assumingMemoryBound(to: UInt16.self), rows: part.rows, width: part.width, panel: panel,
                    columns: part.columns, into: target)
                narrow = UnsafePointer(target)
            }
            widen(narrow, own.wide.assumingMemoryBound(to: Float.self), part.size)
            return UnsafeRawPointer(own.wide)
        }
    }
}
