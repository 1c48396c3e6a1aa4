public import AttendBackend
private import Foundation
package import SIMDKernelTypes
import SIMDKernels
import SIMDThreads

/// A backend that computes on the processor with vector kernels and threads. Instances differ in the matrix engine.
public final class HostBackend: ComputeBackend {
    /// The processor and the instruction set in use.
    public let device: DeviceDescription
    let engine: HostEngine

    /// - Parameters:
    ///   - name: The name accepted by `--backend`.
    ///   - threads: Number of threads; nil for one per processor.
    package init(
        name: String, threads: Int?, matrices: any MatrixEngine, table: KernelTable, library: String? = nil
    ) {
        let pool = ThreadPool(threadCount: max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount))
        engine = HostEngine(table: table, pool: pool, matrices: matrices)
        device = DeviceDescription(
            backend: name, name: Processor.name, threads: pool.threadCount,
            instructionSet: [table.instructionSet.label, table.fault].compactMap(\.self).joined(separator: ", "),
            library: library,
            memoryByteCount: HostMachine.allowedByteCount, determinism: matrices.determinism)
    }

    /// Creates the `simd` backend: all operations by the package's own kernels.
    ///
    /// - Parameter threads: Number of threads; nil for one per processor.
    /// - Throws: ``AttendBackend/BackendUnavailable`` if `ATTEND_SIMD` names no instruction set.
    public static func simd(threads: Int? = nil) throws(BackendUnavailable) -> HostBackend {
        do throws(BadInstructionSet) {
            return HostBackend(name: "simd", threads: threads, matrices: TableEngine(), table: try .best())
        } catch {
            throw BackendUnavailable(name: "simd", reason: error.reason, remedy: error.remedy)
        }
    }

    /// Allocates host memory aligned to a cache line.
    ///
    /// - Throws: ``AttendBackend/BackendError/outOfMemory(backend:byteCount:)``.
    public func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
        try HostMemory(byteCount: byteCount, backend: device.backend)
    }

    /// Creates a stream; all its work is synchronous.
    public func makeStream() throws(BackendError) -> any ComputeStream { HostStream() }

    /// Packs a matrix `[rows, columns]` of floats, or a part of a quantized one, into the panels of the product kernels.
    ///
    /// - Throws: ``AttendBackend/BackendError`` for an unknown layout, a constant that is no matrix of its type, or lack of
    ///   memory.
    public func pack(_ constant: Tensor, layout: String) throws(BackendError) -> any DeviceBuffer {
        if layout == QuantizedProducts.packing {
            return try QuantizedProducts.pack(constant, engine, backend: device.backend)
        }
        if let packing = NativeProducts.Packing(rawValue: layout) {
            return try NativeProducts.pack(constant, packing, engine, backend: device.backend)
        }
        guard let packing = Products.Packing(rawValue: layout) else {
            throw .failed(
                backend: device.backend, action: "pack a constant", reason: "unknown layout \"\(layout)\"")
        }
        return try Products.pack(constant, packing, engine, backend: device.backend)
    }

    /// Returns a kernel for a primitive or one of the known composites (linear, softmax, norms, activations,
    /// attention).
    ///
    /// - Throws: ``AttendBackend/UnsupportedOperation`` with the reason.
    public func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        let kept = QuantizedProducts.ownTypeInputs(request)
        guard !moves(request), let widening = Widening(request, engine, device.backend, keeping: kept) else {
            return try kernel(request)
        }
        if let kernel = try native(request) { return kernel }
        return try widening.kernel { wide throws(UnsupportedOperation) in
            // A constant matrix keeps its type in the packed form.
            let constant = MatmulCall(request)?.rhs ?? LinearCall(request)?.weight
            guard let constant, let narrow = NarrowOperand(constant, engine.table)?.conversion else {
                return try kernel(wide)
            }
            if let call = MatmulCall(wide) { return try Products.matmul(call, engine, narrow: narrow) }
            guard let call = LinearCall(wide) else { return try kernel(wide) }
            return try Products.linear(call, engine, narrow: narrow)
        }
    }

    /// A kernel that reads 16-bit floats itself; nil if there is none.
    private func native(_ request: KernelRequest) throws(UnsupportedOperation) -> HostKernel? {
        if let kernel = NativeProducts.kernel(request, engine) { return kernel }
        guard let call = AttentionCall(request) else { return nil }
        return try AttentionKernel.narrow(call, engine, device.backend)
    }

    /// Whether elements only move or are converted, for which there are kernels of all types.
    private func moves(_ request: KernelRequest) -> Bool {
        guard let primitive = request.operation.primitive else { return false }
        return switch primitive {
        case .where, .pad, .concatenate, .cast, .iota, .random, .gather, .updateSlice: true
        default: ViewCall(request) != nil
        }
    }

    private func kernel(_ request: KernelRequest) throws(UnsupportedOperation) -> HostKernel {
        if let primitive = request.operation.primitive { return try prepare(primitive, request) }
        if let call = LinearCall(request) { return try Products.linear(call, engine) }
        if let call = QuantizedLinearCall(request) {
            return try QuantizedProducts.linear(call, engine, device.backend)
        }
        if let call = SoftmaxCall(request) { return try Rows.softmax(call, engine) }
        if let call = NormCall(request) { return try Rows.norm(call, engine) }
        if let call = ActivationCall(request) { return try Rows.activation(call, engine) }
        if let call = AttentionCall(request) { return try AttentionKernel.kernel(call, engine, device.backend) }
        throw UnsupportedOperation("no kernel for the whole composite")
    }

    private func prepare(_ primitive: Primitive, _ request: KernelRequest) throws(UnsupportedOperation) -> HostKernel {
        if let call = MatmulCall(request) { return try Products.matmul(call, engine) }
        if let call = ViewCall(request) { return Copies.view(call, engine) }
        if let call = IndexCall(request), let kernel = indexing(primitive, call) { return kernel }
        let kernel: HostKernel? =
            switch primitive {
            case .matmul: throw UnsupportedOperation("a product needs two inputs")
            case .where: Elementwise.where(request, engine)
            case .reduceSum, .reduceMax, .argMax: ReductionCall(request).flatMap { Reductions.reduce($0, engine) }
            case .pad: Copies.pad(request, engine)
            case .concatenate: Copies.concatenate(request, engine)
            case .cast: Casting.kernel(request, engine)
            case .iota: Sources.iota(request, engine)
            case .random: Sources.random(request, engine)
            default: elementwise(primitive, request)
            }
        guard let kernel else {
            let dtypes = request.inputs.compactMap { $0?.dtype.rawValue }.joined(separator: ", ")
            throw UnsupportedOperation("no kernel for \(dtypes); cast to float32 first")
        }
        return kernel
    }

    private func indexing(_ primitive: Primitive, _ call: IndexCall) -> HostKernel? {
        switch primitive {
        case .gather: Indexing.gather(call, engine, device.backend)
        case .updateSlice: Indexing.updateSlice(call, engine, device.backend)
        default: Indexing.scatterAdd(call, engine, device.backend)
        }
    }

    private func elementwise(_ primitive: Primitive, _ request: KernelRequest) -> HostKernel? {
        switch primitive.family {
        case .arithmetic: Elementwise.arithmetic(primitive, request, engine)
        case .comparison: Elementwise.comparison(primitive, request, engine)
        case .logic: Elementwise.logic(primitive, request, engine)
        case .unary: Elementwise.unary(primitive, request, engine)
        case .other: nil
        }
    }
}

extension InstructionSet {
    /// The usual spelling.
    var label: String {
        switch self {
        case .baseline: "baseline"
        case .avx2: "AVX2"
        case .avx512: "AVX-512"
        case .avx512bf16: "AVX-512 BF16"
        }
    }
}

/// The processor's name for reports.
enum Processor {
    static let name: String = {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "processor"
    }()
}
