internal import AttendBackend
internal import CAttendBackend

/// The state shared by all objects of a plug-in's backend; destroyed with the last of them.
///
/// `@unchecked Sendable`: the handle is an address that the plug-in's functions accept on any thread, and all else is
/// immutable.
final class PluginCore: @unchecked Sendable {
    let functions: attend_plugin
    let name: String
    let handle: OpaquePointer?
    let context: PluginContext
    let device: DeviceDescription
    /// Bytes per element in the backend's buffers.
    let elementSizes: [DType: Int]

    /// Whether values are in host memory, so that a buffer's handle is its address.
    var isOnHost: Bool { functions.buffer_create == nil }

    init(_ library: PluginLibrary, device index: Int, threads: Int?) throws(PluginError) {
        let context = PluginContext(name: library.name, threads: threads)
        let functions = library.functions
        var options = attend_options(
            size: MemoryLayout<attend_options>.size,
            context: OpaquePointer(Unmanaged.passUnretained(context).toOpaque()), device: Int32(index),
            threads: Int32(clamping: context.threadCount))
        var handle: OpaquePointer?
        guard let create = functions.create else { preconditionFailure("the table was checked for this function") }
        if let fault = PluginFault(taking: create(&options, &handle)) {
            throw .notCreated(path: library.path, reason: fault.message)
        }
        do throws(PluginError) {
            device = try PluginCore.describe(library, handle, context)
            elementSizes = try PluginCore.elementSizes(library, handle)
        } catch {
            functions.destroy?(handle)
            throw error
        }
        name = library.name
        self.functions = functions
        self.handle = handle
        self.context = context
    }

    deinit { functions.destroy?(handle) }

    private static func describe(
        _ library: PluginLibrary, _ handle: OpaquePointer?, _ context: PluginContext
    ) throws(PluginError) -> DeviceDescription {
        var device = attend_device()
        device.size = MemoryLayout<attend_device>.size
        if let describe = library.functions.describe, let fault = PluginFault(taking: describe(handle, &device)) {
            throw .notCreated(path: library.path, reason: "it can't describe its device: \(fault.message)")
        }
        let threads = device.threads > 0 ? Int(clamping: device.threads) : context.threadCount
        return DeviceDescription(
            backend: library.name, name: PluginTable.words(device.name) ?? "plug-in", threads: threads,
            instructionSet: PluginTable.words(device.instruction_set), library: PluginTable.words(device.library))
    }

    private static func elementSizes(
        _ library: PluginLibrary, _ handle: OpaquePointer?
    ) throws(PluginError) -> [DType: Int] {
        var sizes: [DType: Int] = [:]
        for dtype in DType.allCases {
            guard let elementSize = library.functions.element_size else {
                sizes[dtype] = dtype.byteCount
                continue
            }
            let size = elementSize(handle, dtype.code)
            guard (1...64).contains(size) else {
                throw .contradiction(
                    path: library.path, what: "its element_size() of \(dtype)", expected: "1 to 64 bytes",
                    found: "\(size)")
            }
            sizes[dtype] = Int(size)
        }
        return sizes
    }

    func elementSize(of dtype: DType) -> Int { elementSizes[dtype] ?? dtype.byteCount }

    func failure(_ action: String, _ reason: String) -> BackendError {
        .failed(backend: name, action: action, reason: reason)
    }
}

extension DType {
    /// The dtype's number in attend_backend.h.
    var code: attend_dtype {
        switch self {
        case .float32: attend_dtype(ATTEND_FLOAT32)
        case .float16: attend_dtype(ATTEND_FLOAT16)
        case .bfloat16: attend_dtype(ATTEND_BFLOAT16)
        case .int32: attend_dtype(ATTEND_INT32)
        case .int64: attend_dtype(ATTEND_INT64)
        case .bool: attend_dtype(ATTEND_BOOL)
        }
    }
}
