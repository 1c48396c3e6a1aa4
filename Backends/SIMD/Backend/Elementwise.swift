import AttendBackend
import SIMDKernelTypes

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Element-wise kernels. Float32 uses the vector kernels; integers and bools use scalar loops.
enum Elementwise {
    // MARK: Unary

    static func unary(_ primitive: Primitive, _ request: KernelRequest, _ engine: HostEngine) -> HostKernel? {
        guard let input = request.inputs[0], let output = request.outputs[0] else { return nil }
        switch (primitive, input.dtype) {
        case (.not, .bool):
            return map(request, input, output, engine) { (value: UInt8) in value == 0 ? 1 : 0 as UInt8 }
        case (_, .float32):
            return UnaryFunction(rawValue: primitive.rawValue).map {
                unary(primitive.rawValue, engine.table.unary($0), request, engine)
            }
        case (.negate, .int32): return map(request, input, output, engine) { (value: Int32) in 0 &- value }
        case (.negate, .int64): return map(request, input, output, engine) { (value: Int64) in 0 &- value }
        case (.abs, .int32):
            return map(request, input, output, engine) { (value: Int32) in value < 0 ? 0 &- value : value }
        case (.abs, .int64):
            return map(request, input, output, engine) { (value: Int64) in value < 0 ? 0 &- value : value }
        case (.sign, .int32): return map(request, input, output, engine) { (value: Int32) in value.signum() }
        case (.sign, .int64): return map(request, input, output, engine) { (value: Int64) in value.signum() }
        default: return nil
        }
    }

    /// A dense float kernel over the whole value, in chunks.
    static func unary(_ name: String, _ kernel: @escaping UnaryKernel, _ request: KernelRequest, _ engine: HostEngine)
        -> HostKernel
    {
        let count = request.outputs[0]?.elementCount ?? 0
        return HostKernel(name, request) { operands in
            let (source, target) = (operands.input(0, as: Float.self), operands.output(as: Float.self))
            engine.parallel(count, grain: HostEngine.elementGrain / 4) { range in
                kernel(source + range.lowerBound, target + range.lowerBound, range.count)
            }
        }.overwriting([0])
    }

    @inline(__always)
    private static func map<Element>(
        _ request: KernelRequest, _ input: Operand, _ output: Operand, _ engine: HostEngine,
        _ body: @escaping @Sendable (Element) -> Element
    ) -> HostKernel {
        let loop = StridedLoop(shape: output.shape, [output.layout, input.layout])
        return HostKernel("\(request.operation.name) \(input.dtype)", request) { operands in
            let (source, target) = (operands.input(0, as: Element.self), operands.output(as: Element.self))
            loop.forEachRun(engine) { start, count in
                let step = loop.runStrides
                for index in 0..<count { target[start[0] + index * step[0]] = body(source[start[1] + index * step[1]]) }
            }
        }.strided([0])
    }

    // MARK: Arithmetic

    static func arithmetic(_ primitive: Primitive, _ request: KernelRequest, _ engine: HostEngine) -> HostKernel? {
        guard let left = request.inputs[0] else { return nil }
        switch left.dtype {
        case .float32:
            if primitive == .power { return binary(request, engine) { (a: Float, b: Float) in powf(a, b) } }
            return floatKernels(primitive, engine.table.arithmetic).map { floatArithmetic($0, request, engine) }
        case .int32: return integers(primitive, request, engine, Int32.self)
        case .int64: return integers(primitive, request, engine, Int64.self)
        case .float16, .bfloat16, .bool: return nil
        }
    }

    private static func floatKernels(_ primitive: Primitive, _ arithmetic: ArithmeticKernels) -> BinaryKernels? {
        switch primitive {
        case .add: arithmetic.add
        case .subtract: arithmetic.subtract
        case .multiply: arithmetic.multiply
        case .divide: arithmetic.divide
        case .minimum: arithmetic.minimum
        case .maximum: arithmetic.maximum
        default: nil
        }
    }

    private static func floatArithmetic(
        _ kernels: BinaryKernels, _ request: KernelRequest, _ engine: HostEngine
    ) -> HostKernel {
        let (loop, name) = (loop(request), request.operation.name)
        return HostKernel(name, request) { operands in
            let left = operands.input(0, as: Float.self)
            let right = operands.input(1, as: Float.self)
            let target = operands.output(as: Float.self)
            let step = loop.runStrides
            loop.forEachRun(engine) { start, count in
                let (to, a, b) = (target + start[0], left + start[1], right + start[2])
                switch (step[1], step[2]) {
                case (1, 1): kernels.vectorVector(a, b, to, count)
                case (1, 0): kernels.vectorScalar(a, b[0], to, count)
                case (0, 1): kernels.scalarVector(a[0], b, to, count)
                default:
                    for index in 0..<count {
                        kernels.vectorVector(a + index * step[1], b + index * step[2], to + index, 1)
                    }
                }
            }
        }.strided([0, 1]).overwriting(sameSize(request))
    }

    /// Inputs of the output's shape, which the output may overwrite.
    private static func sameSize(_ request: KernelRequest) -> Set<Int> {
        Set(request.inputs.indices.filter { request.inputs[$0]?.shape == request.outputs[0]?.shape })
    }

    private static func loop(_ request: KernelRequest) -> StridedLoop {
        guard let output = request.outputs[0] else {
            preconditionFailure("an element-by-element operation has an output")
        }
        let inputs = request.inputs.compactMap { $0?.layout.broadcast(to: output.shape) }
        return StridedLoop(shape: output.shape, [output.layout] + inputs)
    }

    /// Integer arithmetic wraps; division truncates toward zero, and x / 0 is 0.
    private static func integers<Number: FixedWidthInteger & SignedInteger & Sendable>(
        _ primitive: Primitive, _ request: KernelRequest, _ engine: HostEngine, _ type: Number.Type
    ) -> HostKernel? {
        switch primitive {
        case .add: binary(request, engine) { (a: Number, b: Number) in a &+ b }
        case .subtract: binary(request, engine) { (a: Number, b: Number) in a &- b }
        case .multiply: binary(request, engine) { (a: Number, b: Number) in a &* b }
        case .divide: binary(request, engine) { (a: Number, b: Number) in b == 0 ? 0 : b == -1 ? 0 &- a : a / b }
        case .minimum: binary(request, engine) { (a: Number, b: Number) in min(a, b) }
        case .maximum: binary(request, engine) { (a: Number, b: Number) in max(a, b) }
        default: nil
        }
    }

    @inline(__always)
    private static func binary<Element, Result>(
        _ request: KernelRequest, _ engine: HostEngine, _ body: @escaping @Sendable (Element, Element) -> Result
    ) -> HostKernel {
        let loop = loop(request)
        return HostKernel("\(request.operation.name) \(Element.self)", request) { operands in
            let left = operands.input(0, as: Element.self)
            let right = operands.input(1, as: Element.self)
            let target = operands.output(as: Result.self)
            let step = loop.runStrides
            loop.forEachRun(engine) { start, count in
                for index in 0..<count {
                    let (a, b) = (left[start[1] + index * step[1]], right[start[2] + index * step[2]])
                    target[start[0] + index * step[0]] = body(a, b)
                }
            }
        }.strided([0, 1])
    }

    // MARK: Comparison and logic

    static func comparison(_ primitive: Primitive, _ request: KernelRequest, _ engine: HostEngine) -> HostKernel? {
        switch request.inputs[0]?.dtype {
        case .float32: compare(primitive, request, engine, Float.self)
        case .int32: compare(primitive, request, engine, Int32.self)
        case .int64: compare(primitive, request, engine, Int64.self)
        case .bool: compare(primitive, request, engine, UInt8.self)
        default: nil
        }
    }

    private static func compare<Element: Comparable & Sendable>(
        _ primitive: Primitive, _ request: KernelRequest, _ engine: HostEngine, _ type: Element.Type
    ) -> HostKernel? {
        switch primitive {
        case .equal: binary(request, engine) { (a: Element, b: Element) in a == b ? 1 : 0 as UInt8 }
        case .less: binary(request, engine) { (a: Element, b: Element) in a < b ? 1 : 0 as UInt8 }
        case .lessEqual: binary(request, engine) { (a: Element, b: Element) in a <= b ? 1 : 0 as UInt8 }
        case .greater: binary(request, engine) { (a: Element, b: Element) in a > b ? 1 : 0 as UInt8 }
        case .greaterEqual: binary(request, engine) { (a: Element, b: Element) in a >= b ? 1 : 0 as UInt8 }
        default: nil
        }
    }

    static func logic(_ primitive: Primitive, _ request: KernelRequest, _ engine: HostEngine) -> HostKernel {
        primitive == .and
            ? binary(request, engine) { (a: UInt8, b: UInt8) in a & b }
            : binary(request, engine) { (a: UInt8, b: UInt8) in a | b }
    }

    // MARK: Choice

    static func `where`(_ request: KernelRequest, _ engine: HostEngine) -> HostKernel? {
        switch request.outputs[0]?.dtype.byteCount {
        case 1: `where`(request, engine, UInt8.self)
        case 2: `where`(request, engine, UInt16.self)
        case 4: `where`(request, engine, UInt32.self)
        case 8: `where`(request, engine, UInt64.self)
        default: nil
        }
    }

    private static func `where`<Element>(
        _ request: KernelRequest, _ engine: HostEngine, _ type: Element.Type
    ) -> HostKernel {
        let loop = loop(request)
        return HostKernel("where", request) { operands in
            let condition = operands.input(0, as: UInt8.self)
            let (left, right) = (operands.input(1, as: Element.self), operands.input(2, as: Element.self))
            let target = operands.output(as: Element.self)
            let step = loop.runStrides
            loop.forEachRun(engine) { start, count in
                for index in 0..<count {
                    let taken = condition[start[1] + index * step[1]] != 0
                    target[start[0] + index * step[0]] =
                        taken ? left[start[2] + index * step[2]] : right[start[3] + index * step[3]]
                }
            }
        }.strided([0, 1, 2])
    }
}
