public import AttendBackend
private import Foundation

/// Factory of the `opencl` backend and its device list.
public enum OpenCL {
    static let name = "opencl"

    /// All devices, usable or not.
    ///
    /// - Throws: ``AttendBackend/BackendUnavailable`` if there is no loader or no driver.
    @Sendable public static func devices() throws(BackendUnavailable) -> [BackendDevice] {
        do throws(OpenCLUnavailable) {
            return try OpenCLDevice.all(OpenCLLibrary()).map { device in
                BackendDevice(
                    selector: device.selector, name: device.name, type: device.typeName,
                    driver: "\(device.platformName) \(device.driverVersion)", flaw: device.flaw)
            }
        } catch {
            throw BackendUnavailable(name: name, reason: error.reason, remedy: error.remedy)
        }
    }

    /// Creates the backend on a device.
    ///
    /// - Parameters:
    ///   - device: An index, `gpu`, `cpu`, `accelerator`, or a part of a name; nil for `ATTEND_OPENCL_DEVICE`, else the
    ///     best device.
    ///   - threads: Number of compute units, on a CPU device; nil for all.
    ///   - isProfiling: Whether every launch is timed, at a cost; see ``OpenCLBackend/profile``.
    /// - Throws: ``AttendBackend/BackendUnavailable`` if there is no such device.
    public static func makeBackend(
        device: String? = nil, threads: Int? = nil, isProfiling: Bool = false
    ) throws(BackendUnavailable) -> OpenCLBackend {
        do throws(OpenCLUnavailable) {
            return try OpenCLBackend(
                OpenCLBackend.Options(device: device, threads: threads, isProfiling: isProfiling))
        } catch {
            throw BackendUnavailable(name: name, reason: error.reason, remedy: error.remedy)
        }
    }
}

/// A backend for any OpenCL 1.2 device.
public final class OpenCLBackend: ComputeBackend {
    /// The device in use.
    public let device: DeviceDescription
    package let ledger: ObjectLedger
    let engine: OpenCLEngine

    package struct Options: Sendable {
        /// See ``OpenCL/makeBackend(device:threads:isProfiling:)``.
        package var device: String?
        package var threads: Int?
        /// The kernel variants to use; nil for `ATTEND_OPENCL_KERNELS` (`cpu` or `gpu`), else those of the device's
        /// type.
        package var deviceClass: DeviceClass?
        package var cache: ProgramCache
        /// Options added to every build; nil for `ATTEND_OPENCL_BUILD_OPTIONS`.
        package var buildOptions: String?
        /// Whether every launch is timed, at a cost.
        package var isProfiling: Bool
        package var ledger: ObjectLedger
        /// Number of programs kept when no kernel uses them.
        package var programLimit: Int

        package init(
            device: String? = nil, threads: Int? = nil, deviceClass: DeviceClass? = nil,
            cache: ProgramCache = ProgramCache(), buildOptions: String? = nil, isProfiling: Bool = false,
            ledger: ObjectLedger = ObjectLedger(), programLimit: Int = 64
        ) {
            self.device = device
            self.threads = threads
            self.deviceClass = deviceClass
            self.cache = cache
            self.buildOptions = buildOptions
            self.isProfiling = isProfiling
            self.ledger = ledger
            self.programLimit = programLimit
        }
    }

    package init(_ options: Options = Options()) throws(OpenCLUnavailable) {
        let environment = ProcessInfo.processInfo.environment
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let library = try OpenCLLibrary()
        let chosen = try OpenCLDevice.choose(
            options.device ?? variable("ATTEND_OPENCL_DEVICE"),
            from: options.device == nil ? "ATTEND_OPENCL_DEVICE" : nil, among: OpenCLDevice.all(library))
        let named = try OpenCLBackend.deviceClass(variable)
        let context = try OpenCLContext(
            library, chosen, options.deviceClass ?? named ?? chosen.deviceClass, threads: options.threads,
            options.ledger)
        ledger = options.ledger
        engine = OpenCLEngine(
            context, options.cache, buildOptions: options.buildOptions ?? variable("ATTEND_OPENCL_BUILD_OPTIONS"),
            programLimit: options.programLimit, profile: options.isProfiling ? OpenCLProfile() : nil)
        // Each output element is computed by one work-item or group, in an order that depends only on the length of its
        // sum.
        device = DeviceDescription(
            backend: OpenCL.name, name: chosen.name, threads: context.computeUnits,
            instructionSet: chosen.typeName, library: "\(chosen.platformVersion), driver \(chosen.driverVersion)",
            memoryByteCount: chosen.globalMemory, largestBufferByteCount: chosen.maxAllocation,
            determinism: .promised)
    }

    private static func deviceClass(_ variable: (String) -> String?) throws(OpenCLUnavailable) -> DeviceClass? {
        guard let name = variable("ATTEND_OPENCL_KERNELS") else { return nil }
        guard let named = DeviceClass(rawValue: name) else {
            throw .badSetting("ATTEND_OPENCL_KERNELS is \"\(name)\"", remedy: "set it to cpu or gpu, or leave it unset")
        }
        return named
    }

    /// The kernel variants in use.
    package var deviceClass: DeviceClass { engine.context.deviceClass }

    /// Kernel times; nil unless created with `isProfiling`.
    public var profile: OpenCLProfile? { engine.profile }

    /// Number of programs compiled, and loaded from disk.
    package var programCounts: (compiled: Int, loaded: Int) { engine.programs.built }

    /// Allocates device memory. Small buffers are slices of shared 16 MiB slabs.
    ///
    /// - Throws: ``AttendBackend/BackendError/outOfMemory(backend:byteCount:)``.
    public func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
        try engine.memory.take(byteCount)
    }

    /// Creates an in-order command queue.
    ///
    /// - Throws: ``AttendBackend/BackendError`` if the driver can't create one.
    public func makeStream() throws(BackendError) -> any ComputeStream { try OpenCLStream(engine) }

    /// Packs a matrix `[rows, columns]` into the panels of the CPU product kernels.
    ///
    /// - Throws: ``AttendBackend/BackendError`` for an unknown layout or a constant that is not a matrix.
    public func pack(_ constant: Tensor, layout: String) throws(BackendError) -> any DeviceBuffer {
        try Products.pack(constant, layout, self)
    }

    /// Returns a kernel; programs are compiled later, when instances are made.
    ///
    /// - Throws: ``AttendBackend/UnsupportedOperation`` with the reason.
    public func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        let operands = request.inputs.compactMap(\.self) + request.outputs.compactMap(\.self)
        for operand in operands where operand.elementCount > Int(Int32.max) {
            throw UnsupportedOperation("a value of \(operand.elementCount) elements; kernels support less than 2³¹")
        }
        if let primitive = request.operation.primitive { return try prepare(primitive, request) }
        if let call = LinearCall(request) { return try Products.linear(call, engine) }
        if let call = QuantizedLinearCall(request) { return try Quantized.linear(call, engine) }
        if let call = SoftmaxCall(request) { return try Rows.softmax(call, engine) }
        if let call = NormCall(request) { return try Rows.norm(call, engine) }
        if let call = ActivationCall(request) { return try Elementwise.activation(call, engine) }
        if let call = AttentionCall(request) { return try AttentionKernel.kernel(call, engine) }
        throw UnsupportedOperation("no kernel for the whole composite")
    }

    private func prepare(_ primitive: Primitive, _ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        if let call = MatmulCall(request) { return try Products.matmul(call, engine) }
        if let call = ViewCall(request) { return try Moves.view(call, engine) }
        if let call = IndexCall(request) { return Indexing.kernel(call, engine) }
        if let call = ReductionCall(request) { return try Reductions.kernel(call, engine) }
        return switch primitive {
        case .matmul: throw UnsupportedOperation("a product needs two inputs")
        case .where: try Elementwise.primitive(primitive, request, engine)
        case .cast: try Elementwise.cast(request, engine)
        case .pad: try Moves.pad(request, engine)
        case .concatenate: try Moves.concatenate(request, engine)
        case .iota: try Sources.iota(request, engine)
        case .random: try Sources.random(request, engine)
        default:
            if primitive.family == .other {
                throw UnsupportedOperation("no kernel for this operation")
            } else {
                try Elementwise.primitive(primitive, request, engine)
            }
        }
    }
}
