import AttendBackend
import AttendPlugin

/// What the host looks for in the library.
@c(attend_plugin_start)
public func start(_ host: PluginHandshake?, _ fault: PluginStartFault?) -> PluginStart? {
    TemplateBackend.export(host, fault)
}

/// A backend supports an operation exactly when `prepare` returns a kernel for it. What it refuses, the host opens into
/// smaller operations, or gives to a backend that the user named with --fallback, or reports with the reason.
final class TemplateBackend: ExportedBackend {
    static let (name, version) = ("template", "0.1.0")
    let device = DeviceDescription(backend: name, name: "plain loops", threads: 1)

    init(_ options: PluginOptions) {}

    /// Asked in this order; the first that makes a kernel has the operation.
    static let families: [Family] = [addition]

    func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        for family in Self.families {
            if let kernel = family(request) { return kernel }
        }
        throw UnsupportedOperation("\(Self.name) has no kernel for it yet")
    }
}

/// Makes a kernel for what it knows, and nil for all else.
typealias Family = @Sendable (KernelRequest) -> (any Kernel)?

/// The first kernel: the sum of two float32 values of one shape. Inputs come dense, in row-major order.
@Sendable func addition(_ request: KernelRequest) -> (any Kernel)? {
    let types = (request.inputs + request.outputs).compactMap(\.self)
    guard request.operation.primitive == .add, let sum = request.outputs[0],
        types.allSatisfy({ $0.dtype == .float32 && $0.shape == sum.shape })
    else { return nil }
    return LoopKernel("addition", request) { inputs, outputs throws(BackendError) in
        guard let lhs = try inputs[0]?.elements(sum.elementCount, as: Float.self),
            let rhs = try inputs[1]?.elements(sum.elementCount, as: Float.self),
            let result = try outputs[0]?.elements(sum.elementCount, as: Float.self)
        else { return }
        for i in result.indices { result[i] = lhs[i] + rhs[i] }
    }
}
