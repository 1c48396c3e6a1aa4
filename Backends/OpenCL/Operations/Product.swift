import AttendBackend

/// A batched product: C = activation(A · B + bias) + residual.
struct Product {
    let a: ProductOperand
    let b: ProductOperand
    /// The output's axes before the last two.
    let batch: [Int]
    let output: DType
    /// Index of the bias input.
    let bias: Int?
    /// An element-wise operation of `functions.cl`.
    var activation: String?
    /// Index of the residual input, added last.
    var residual: Int?

    private static let (leftInput, rightInput) = (0, 1)
    private var batches: Int { batch.reduce(1, *) }

    func kernel(
        _ name: String, _ request: KernelRequest, _ engine: OpenCLEngine
    ) throws(UnsupportedOperation) -> OpenCLKernel {
        let flops = 2 * Double(batches * a.rows) * Double(a.columns * b.columns)
        var kernel = OpenCLKernel("\(name) (\(engine.context.deviceClass.rawValue))", request, engine, flops: flops)
        if engine.isCPU {
            try addPanels(to: &kernel, engine)
        } else {
            try addTiles(to: &kernel, engine)
        }
        return kernel
    }

    // MARK: On a processor

    private func addPanels(to kernel: inout OpenCLKernel, _ engine: OpenCLEngine) throws(UnsupportedOperation) {
        let panels = Panels(b, engine)
        let right: Launch.Argument
        if b.isConstant {
            // A placeholder: the caller sets one of the two layouts.
            kernel.packings[Product.rightInput] = ""
            right = .input(Product.rightInput, .float32)
        } else {
            kernel.scratchByteCount = max(1, panels.byteCount)
            right = .scratch(elementSize: 4)
            if a.rows > 0 { kernel.add(try panels.launch(from: .input(Product.rightInput, b.dtype), to: right)) }
        }

        var program = engine.program([.functions, .productsCPU], width: engine.lane)
        program.define("TILE", "\(engine.lane == 16 ? 12 : 6)")
        program.define("KIND_A", a.dtype.kind)
        program.define("KIND_B", b.dtype.kind)
        program.define("KIND_C", output.kind)
        let more = defineEpilogue(in: &program)

        // Runs of rows long enough to reuse a panel from the cache, short enough to keep all compute units busy.
        let tile = engine.lane == 16 ? 12 : 6
        let wanted = max(1, engine.itemGoal / max(1, panels.count * batches))
        let itemRows = max(tile, min(tile * 16, (a.rows / wanted + tile - 1) / tile * tile))
        let runs = (a.rows + itemRows - 1) / itemRows
        let product = Panels.argument(
            batches: batches, rows: a.rows, columns: b.columns, inner: a.columns, panels: panels.count,
            itemRows: itemRows, rowStride: a.rowStride, columnStride: a.columnStride)
        // Offsets of batches are in panels, in B's own order.
        let panelBatch = Layout(dense: b.batch.shape).broadcast(to: batch)
        let walk = try Walk(batch, [Layout(dense: batch), a.batch.broadcast(to: batch), panelBatch], outerOnly: true)
        kernel.add(
            Launch(
                program, "product",
                [.output(0, output), .input(Product.leftInput, a.dtype), right] + more + [product, walk.argument],
                items: batches * panels.count * runs, group: 1))
    }

    /// Defines the epilogue's macros, and returns its arguments.
    private func defineEpilogue(in program: inout ProgramSpecification) -> [Launch.Argument] {
        if bias != nil { program.define("BIAS") }
        if let activation { program.define("ACTIVATION", activation) }
        if residual != nil { program.define("RESIDUAL") }
        return [bias, residual].compactMap { $0.map { .input($0, output) } }
    }

    // MARK: On a GPU

    private func addTiles(to kernel: inout OpenCLKernel, _ engine: OpenCLEngine) throws(UnsupportedOperation) {
        var program = engine.program([.functions, .productsGPU])
        program.define("KIND_A", a.dtype.kind)
        program.define("KIND_B", b.dtype.kind)
        program.define("KIND_C", output.kind)
        let more = defineEpilogue(in: &program)
        let product = StructBytes { out in
            for number in [
                a.rows, b.columns, a.columns, a.rowStride, a.columnStride, b.rowStride, b.columnStride
            ] { out.add(number) }
        }
        let walk = try Walk(
            batch, [Layout(dense: batch), a.batch.broadcast(to: batch), b.batch.broadcast(to: batch)], outerOnly: true)
        var launch = Launch(
            program, "product",
            [.output(0, output), .input(Product.leftInput, a.dtype), .input(Product.rightInput, b.dtype)] + more
                + [.bytes(product.bytes), walk.argument], items: 1, group: 1)
        launch.global = [(b.columns + 63) / 64 * 16, (a.rows + 63) / 64 * 16, batches]
        launch.local = [16, 16, 1]
        kernel.add(launch)
    }
}

/// A right-hand operand in panels for the CPU kernel: each as wide as two vectors, padded with zeros.
struct Panels {
    private let operand: ProductOperand
    private let engine: OpenCLEngine

    init(_ operand: ProductOperand, _ engine: OpenCLEngine) {
        self.operand = operand
        self.engine = engine
    }

    private var width: Int { 2 * engine.lane }
    private var batches: Int { operand.batch.elementCount }
    /// Number of panels per matrix.
    var count: Int { (operand.columns + width - 1) / width }
    var byteCount: Int { batches * count * operand.rows * width * 4 }

    func launch(from source: Launch.Argument, to target: Launch.Argument) throws(UnsupportedOperation) -> Launch {
        var program = engine.program([.functions, .productsCPU], width: engine.lane)
        program.define("TILE", "1")
        program.define("KIND_A", "f32")
        program.define("KIND_B", operand.dtype.kind)
        program.define("KIND_C", "f32")
        let walk = try Walk(
            operand.batch.shape, [Layout(dense: operand.batch.shape), operand.batch], outerOnly: true)
        let argument = Panels.argument(
            batches: batches, rows: 0, columns: operand.columns, inner: operand.rows, panels: count, itemRows: 0,
            rowStride: operand.rowStride, columnStride: operand.columnStride)
        return Launch(
            program, "pack_panels", [target, source, argument, walk.argument], items: batches * count, group: 1)
    }

    /// The argument laid out as the kernels' `Product` struct.
    static func argument(
        batches: Int, rows: Int, columns: Int, inner: Int, panels: Int, itemRows: Int, rowStride: Int, columnStride: Int
    ) -> Launch.Argument {
        let bytes = StructBytes { out in
            for number in [batches, rows, columns, inner, panels, itemRows, rowStride, columnStride] { out.add(number) }
        }
        return .bytes(bytes.bytes)
    }
}
