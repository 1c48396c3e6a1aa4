internal import AttendBackend
internal import CAttendBackend

/// A plug-in's error, copied; the plug-in's object is already freed.
struct PluginFault: Equatable {
    var code: attend_error_code
    /// The plug-in's message, or a default if it gave none.
    var message: String
    /// Whether the message is the plug-in's.
    var hasReason: Bool
    var value: Int64
    var limit: Int64
    /// The kernel instance that caused an error reported late.
    var instance: OpaquePointer?

    /// Copies and frees an error; nil if there is none. An object too small to be read becomes an error without a
    /// message, and is not freed.
    init?(taking error: UnsafeMutablePointer<attend_error>?) {
        guard let error else { return nil }
        let least = (MemoryLayout<attend_error>.offset(of: \.instance) ?? 0) + MemoryLayout<Int>.size
        guard let object = SizedStructure.copy(UnsafePointer(error), into: attend_error(), least: least) else {
            let size = SizedStructure.size(of: error)
            self.init(
                code: attend_error_code(ATTEND_ERROR_FAILED),
                message:
                    "its error structure has \(size) bytes, expected \(least) to \(SizedStructure.greatestSize)",
                hasReason: false, value: 0, limit: 0, instance: nil)
            return
        }
        let words = PluginTable.words(object.message)
        self.init(
            code: object.code, message: words ?? "it returned no reason", hasReason: words != nil,
            value: object.value, limit: object.limit, instance: object.instance)
        object.free?(error)
    }

    private init(
        code: attend_error_code, message: String, hasReason: Bool, value: Int64, limit: Int64, instance: OpaquePointer?
    ) {
        self.code = code
        self.message = message
        self.hasReason = hasReason
        self.value = value
        self.limit = limit
        self.instance = instance
    }

    /// The error as a ``BackendError``.
    ///
    /// - Parameters:
    ///   - action: The requested action, to complete "can't …".
    ///   - byteCount: Requested bytes, if memory was requested.
    ///   - late: The operation and the host's object for a plug-in's instance.
    func backendError(
        _ backend: String, _ action: String, byteCount: Int? = nil, operation: String? = nil,
        late: (OpaquePointer) -> (operation: String, object: ObjectIdentifier)? = { _ in nil }
    ) -> BackendError {
        switch Int(code) {
        case ATTEND_ERROR_OUT_OF_MEMORY:
            return .outOfMemory(backend: backend, byteCount: byteCount ?? max(0, Int(clamping: value)))
        case ATTEND_ERROR_INDEX:
            let origin = instance.flatMap(late)
            return .indexOutOfRange(
                backend: backend, operation: operation ?? origin?.operation ?? "an operation",
                index: Int(clamping: value),
                size: Int(clamping: limit), instance: origin?.object)
        case ATTEND_ERROR_DEVICE_LOST: return .deviceLost(backend: backend, reason: message)
        default: return .failed(backend: backend, action: action, reason: message)
        }
    }
}
