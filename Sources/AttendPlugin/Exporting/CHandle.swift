internal import AttendBackend
internal import CAttendBackend

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Swift objects as opaque C handles.
enum CHandle {
    /// A handle that retains the object until it is released.
    static func give(_ object: AnyObject) -> OpaquePointer {
        OpaquePointer(Unmanaged.passRetained(object).toOpaque())
    }

    static func object<Object: AnyObject>(_ handle: OpaquePointer?, as type: Object.Type) -> Object {
        guard let handle else { preconditionFailure("the host must return the handle that it was given, found NULL") }
        return Unmanaged<Object>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
    }

    static func release<Object: AnyObject>(_ handle: OpaquePointer?, as type: Object.Type) {
        if let handle { Unmanaged<Object>.fromOpaque(UnsafeRawPointer(handle)).release() }
    }
}

enum CText {
    /// A copy of the string that is never freed here.
    static func kept(_ text: String) -> UnsafePointer<CChar>? { strdup(text).map { UnsafePointer($0) } }
}

/// Errors as C objects, freed by the host.
enum CFault {
    static func make(
        _ message: String, code: Int = ATTEND_ERROR_FAILED, value: Int = 0, limit: Int = 0,
        instance: OpaquePointer? = nil
    ) -> UnsafeMutablePointer<attend_error> {
        let error = UnsafeMutablePointer<attend_error>.allocate(capacity: 1)
        error.initialize(
            to: attend_error(
                size: MemoryLayout<attend_error>.size, code: attend_error_code(code), message: CText.kept(message),
                free: { error in
                    free(UnsafeMutableRawPointer(mutating: error?.pointee.message))
                    error?.deallocate()
                },
                value: Int64(value), limit: Int64(limit), instance: instance))
        return error
    }

    /// - Parameter stream: The stream with the host's handle of the instance that the error names.
    static func make(_ error: BackendError, on stream: ExportedStream? = nil) -> UnsafeMutablePointer<attend_error> {
        switch error {
        case .outOfMemory(_, let byteCount):
            make("out of memory: can't allocate \(byteCount) bytes", code: ATTEND_ERROR_OUT_OF_MEMORY, value: byteCount)
        case .indexOutOfRange(_, _, let index, let size, let instance):
            make(
                "an index is out of range for its axis", code: ATTEND_ERROR_INDEX, value: index, limit: size,
                instance: instance.flatMap { stream?.handle(of: $0) })
        case .failed(_, _, let reason): make(reason)
        case .deviceLost(_, let reason): make(reason, code: ATTEND_ERROR_DEVICE_LOST)
        }
    }

    static func catching(
        on stream: ExportedStream? = nil, _ body: () throws(BackendError) -> Void
    ) -> UnsafeMutablePointer<attend_error>? {
        do throws(BackendError) {
            try body()
            return nil
        } catch {
            return make(error, on: stream)
        }
    }
}
