public import AttendBackend
private import Foundation

/// The `opencl` backend's name and how it is had.
public enum OpenCL {
    static let name = "opencl"

    /// Why the backend is not there.
    public struct Unavailable: Error, Sendable, CustomStringConvertible {
        public let reason: String
        public let remedy: String

        public var description: String { "\(reason); \(remedy)" }

        init(_ error: OpenCLUnavailable) {
            reason = error.reason
            remedy = error.remedy
        }
    }

    /// A device that the loader lists.
    public struct Device: Sendable {
        /// As `--backend` takes it: `opencl:0`.
        public let selector: String
        public let name: String
        /// `gpu`, `cpu` or `accelerator`.
        public let type: String
        /// The driver's name and version.
        public let driver: String
        /// Why it can't be used; nil where it can.
        public let flaw: String?

        init(_ device: OpenCLDevice) {
            selector = device.selector
            name = device.name
            type = device.typeName
            driver = "\(device.platformName) \(device.driverVersion)"
            flaw = device.flaw
        }
    }

    /// All devices, usable or not.
    ///
    /// - Throws: ``Unavailable`` where there is no loader or no driver.
    public static func devices() throws(Unavailable) -> [Device] {
        do throws(OpenCLUnavailable) {
            return try OpenCLDevice.all(OpenCLLibrary()).map { Device($0) }
        } catch {
            throw Unavailable(error)
        }
    }

    /// - Parameters:
    ///   - device: An index, `gpu`, `cpu`, or a part of a name; nil takes `ATTEND_OPENCL_DEVICE`, else the best.
    ///   - threads: Processors to compute with, on a device that is one.
    ///   - isProfiling: Whether every launch is timed, at a cost; see ``OpenCLBackend/profile``.
    /// - Throws: ``Unavailable`` where there is no such device.
    public static func makeBackend(
        device: String? = nil, threads: Int? = nil, isProfiling: Bool = false
    ) throws(Unavailable) -> OpenCLBackend {
        do throws(OpenCLUnavailable) {
            return try OpenCLBackend(
                OpenCLBackend.Options(device: device, threads: threads, isProfiling: isProfiling))
        } catch {
            throw Unavailable(error)
        }
    }
}

/// Attention on a device with memory of its own, by OpenCL 1.2.
public final class OpenCLBackend: ComputeBackend {
    public let device: DeviceDescription
    package let ledger: ObjectLedger
    let engine: OpenCLEngine

    package struct Options: Sendable {
        /// See ``OpenCL/makeBackend(device:threads:isProfiling:)``.
        package var device: String?
        package var threads: Int?
        /// Which kernels to use; nil takes `ATTEND_OPENCL_KERNELS` (`cpu` or `gpu`), else those of the device's type.
        package var deviceClass: DeviceClass?
        package var cache: ProgramCache
        /// Added to every build; nil takes `ATTEND_OPENCL_BUILD_OPTIONS`.
        package var buildOptions: String?
        /// Times every launch, at a cost.
        package var isProfiling: Bool
        package var ledger: ObjectLedger
        /// Programs that are kept for later when no kernel uses them.
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
        var device = DeviceDescription(
            backend: OpenCL.name, name: chosen.name, threads: context.computeUnits,
            instructionSet: chosen.typeName, library: "\(chosen.platformVersion), driver \(chosen.driverVersion)",
            memoryByteCount: chosen.globalMemory, largestBufferByteCount: chosen.maxAllocation)
        // Each element is one item's work, in an order that depends on the lengths of its sums alone.
        device.varies = nil
        self.device = device
    }

    private static func deviceClass(_ variable: (String) -> String?) throws(OpenCLUnavailable) -> DeviceClass? {
        guard let name = variable("ATTEND_OPENCL_KERNELS") else { return nil }
        guard let named = DeviceClass(rawValue: name) else {
            throw .badSetting("ATTEND_OPENCL_KERNELS is \"\(name)\"", remedy: "set it to cpu or gpu, or leave it unset")
        }
        return named
    }

    /// Which kernels it uses.
    package var deviceClass: DeviceClass { engine.context.deviceClass }

    /// Where the time of launches went; nil unless it was asked for.
    public var profile: OpenCLProfile? { engine.profile }

    /// Programs that were compiled, and those that came from the disk.
    package var programCounts: (compiled: Int, loaded: Int) { engine.programs.built }

    public func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
        try engine.memory.take(byteCount)
    }

    public func makeStream() throws(BackendError) -> any ComputeStream { try OpenCLStream(engine) }

    public func pack(_ constant: Tensor, layout: String) throws(BackendError) -> any DeviceBuffer {
        try Products.pack(constant, layout, self)
    }

    public func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        let operands = request.inputs.compactMap(\.self) + request.outputs.compactMap(\.self)
        for operand in operands where operand.elementCount > Int(Int32.max) {
            throw UnsupportedOperation("a value of \(operand.elementCount) elements; kernels count to 2³¹")
        }
        if let primitive = request.operation.primitive { return try prepare(primitive, request) }
        if let call = LinearCall(request) { return try Products.linear(call, engine) }
        if let call = SoftmaxCall(request) { return try Rows.softmax(call, engine) }
        if let call = NormCall(request) { return try Rows.norm(call, engine) }
        if let call = ActivationCall(request) { return try Elementwise.activation(call, engine) }
        if let call = AttentionCall(request) { return try AttentionKernel.kernel(call, engine) }
        throw UnsupportedOperation("no kernel for it as a whole")
    }

    private func prepare(_ primitive: Primitive, _ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        if primitive == .matmul, let call = MatmulCall(request) { return try Products.matmul(call, engine) }
        return switch primitive {
        case .matmul: throw UnsupportedOperation("a product needs two inputs")
        case .add, .subtract, .multiply, .divide, .minimum, .maximum, .power, .equal, .less, .lessEqual, .greater,
            .greaterEqual, .and, .or, .where, .not, .negate, .abs, .sign, .floor, .exp, .log, .sqrt, .reciprocalSqrt,
            .reciprocal, .tanh, .erf, .sin, .cos:
            try Elementwise.primitive(primitive, request, engine)
        case .cast: try Elementwise.cast(request, engine)
        case .reduceSum, .reduceMax, .argMax: try Reductions.kernel(primitive, request, engine)
        case .reshape, .transpose, .broadcast, .slice, .stopGradient: try Moves.view(primitive, request, engine)
        case .pad: try Moves.pad(request, engine)
        case .concatenate: try Moves.concatenate(request, engine)
        case .gather: try Indexing.gather(request, engine)
        case .scatterAdd: try Indexing.scatterAdd(request, engine)
        case .updateSlice: try Indexing.updateSlice(request, engine)
        case .iota: try Sources.iota(request, engine)
        case .random: try Sources.random(request, engine)
        }
    }
}
