private import AttendBackend
internal import CAttendBackend
private import Logging
private import SIMDThreads

/// Host services for plug-ins: one table for all, valid for the lifetime of the process.
enum HostServices {
    /// Never freed or changed: plug-ins keep its address.
    nonisolated(unsafe) static let table: UnsafePointer<attend_host> = {
        let table = UnsafeMutablePointer<attend_host>.allocate(capacity: 1)
        table.initialize(
            to: attend_host(
                size: MemoryLayout<attend_host>.size, major: UInt32(ATTEND_BACKEND_MAJOR),
                minor: UInt32(ATTEND_BACKEND_MINOR),
                log: { HostServices.log($0, $1, $2) },
                thread_count: { HostServices.context($0).map { Int32(clamping: $0.threadCount) } ?? 1 },
                parallel_for: { HostServices.parallelFor($0, $1, $2, $3, $4) },
                allocate: { HostServices.allocate($1, $2) },
                deallocate: { HostMemory.release($1) }))
        return UnsafePointer(table)
    }()

    private static func context(_ handle: OpaquePointer?) -> PluginContext? {
        handle.map { Unmanaged<PluginContext>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
    }

    private static func log(_ handle: OpaquePointer?, _ level: attend_log_level, _ message: UnsafePointer<CChar>?) {
        let levels: [Logger.Level] = [.debug, .info, .warning, .error]
        let place = Int(level) - ATTEND_LOG_DEBUG
        let name = context(handle)?.name ?? "plug-in"
        Logger(label: "attend.plugin").log(
            level: levels.indices.contains(place) ? levels[place] : .notice,
            "\(name): \(PluginTable.words(message) ?? "(no message)")")
    }

    private static func parallelFor(
        _ handle: OpaquePointer?, _ count: Int64, _ grain: Int64, _ body: attend_loop_body?,
        _ argument: UnsafeMutableRawPointer?
    ) {
        guard let body, count > 0 else { return }
        guard let context = context(handle) else { return body(argument, 0, count) }
        context.pool.parallelFor(count: Int(count), grain: Int(max(1, grain))) { range in
            body(argument, Int64(range.lowerBound), Int64(range.upperBound))
        }
    }

    private static func allocate(_ byteCount: Int, _ alignment: Int) -> UnsafeMutableRawPointer? {
        HostMemory.allocate(byteCount: byteCount, alignment: alignment)
    }
}
