import AttendBackend
import SIMDKernelTypes

/// One 16-bit operand of a kernel on float32.
struct NarrowOperand: Sendable {
    let operand: Operand
    let conversion: ConversionKernels
    private let loop: StridedLoop

    /// Nil for another dtype.
    init?(_ operand: Operand?, _ table: KernelTable) {
        guard let operand, let conversion = NarrowOperand.conversion(operand.dtype, table) else { return nil }
        self.conversion = conversion
        self.operand = operand
        loop = StridedLoop(shape: operand.shape, [Layout(dense: operand.shape), operand.layout])
    }

    /// The conversions of a 16-bit type; nil for another.
    static func conversion(_ dtype: DType, _ table: KernelTable) -> ConversionKernels? {
        switch dtype {
        case .bfloat16: table.bfloat16
        case .float16: table.float16
        case .float32, .int32, .int64, .bool: nil
        }
    }

    /// The same operand as dense float32.
    var wide: Operand { Operand(dtype: .float32, layout: Layout(dense: operand.shape), isConstant: operand.isConstant) }

    /// Widens all elements, on several threads.
    func widen(_ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>, _ engine: HostEngine) {
        let source = source.assumingMemoryBound(to: UInt16.self)
        let step = loop.runStrides
        loop.forEachRun(engine) { start, count in
            if step[0] == 1, step[1] == 1 {
                conversion.widen(source + start[1], target + start[0], count)
                return
            }
            for index in 0..<count {
                conversion.widen(source + (start[1] + index * step[1]), target + (start[0] + index * step[0]), 1)
            }
        }
    }

    /// Rounds all elements of a dense result, on several threads.
    func narrow(_ source: UnsafePointer<Float>, _ target: UnsafeMutableRawPointer, _ engine: HostEngine) {
        let target = target.assumingMemoryBound(to: UInt16.self)
        engine.parallel(operand.elementCount, grain: HostEngine.elementGrain) { range in
            conversion.narrow(source + range.lowerBound, target + range.lowerBound, range.count)
        }
    }
}
