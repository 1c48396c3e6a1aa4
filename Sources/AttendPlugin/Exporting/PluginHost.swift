internal import CAttendBackend
private import Logging
private import SIMDThreads

/// Host services for a backend: logging, and parallel loops on the host's threads. Backends should start no threads of
/// their own in addition.
///
/// `@unchecked Sendable`: it holds addresses of functions that may be called on any thread, or a `Sendable` context.
public struct PluginHost: @unchecked Sendable {
    /// Severity of a log line.
    public enum LogLevel: Int, Sendable {
        case debug = 1
        case info, warning, error
    }

    private enum Services {
        /// The host across a library boundary.
        case table(UnsafePointer<attend_host>, OpaquePointer?)
        /// The host in the same program.
        case context(PluginContext)
    }
    private let services: Services

    init(_ table: UnsafePointer<attend_host>, _ context: OpaquePointer?) { services = .table(table, context) }

    init(_ context: PluginContext) { services = .context(context) }

    /// Number of threads in the host's budget (`--threads`), at least 1.
    public var threadCount: Int {
        switch services {
        case .table(let table, let context): max(1, Int(table.pointee.thread_count(context)))
        case .context(let context): context.threadCount
        }
    }

    /// Calls `body` on `0..<grain`, `grain..<2 * grain` … up to `count`, each range once, on the host's threads and the
    /// calling one. Returns when all calls are done. A `grain` below 1 counts as 1.
    public func parallelFor(count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
        guard count > 0 else { return }
        switch services {
        case .context(let context): context.pool.parallelFor(count: count, grain: max(1, grain), body: body)
        case .table(let table, let context):
            withoutActuallyEscaping(body) { body in
                var loop = Loop(body: body)
                withUnsafeMutablePointer(to: &loop) { loop in
                    table.pointee.parallel_for(
                        context, Int64(count), Int64(grain),
                        { argument, begin, end in
                            guard let argument else { return }
                            argument.assumingMemoryBound(to: Loop.self).pointee.body(Int(begin)..<Int(end))
                        }, loop)
                }
            }
        }
    }

    /// Writes a line to the host's log, which goes to stderr by default.
    public func log(_ level: LogLevel, _ message: String) {
        switch services {
        case .table(let table, let context): table.pointee.log(context, attend_log_level(level.rawValue), message)
        case .context(let context):
            let levels: [Logger.Level] = [.debug, .info, .warning, .error]
            Logger(label: "attend.plugin").log(level: levels[level.rawValue - 1], "\(context.name): \(message)")
        }
    }

    private struct Loop { let body: (Range<Int>) -> Void }
}
