private import Foundation
private import Synchronization

/// The temporary files and folders of this process, which an interrupt removes.
package enum UnfinishedFiles {
    private static let paths = Mutex<Set<String>>([])

    /// Notes a path while it is written.
    package static func add(_ path: String) { paths.withLock { _ = $0.insert(path) } }

    /// Forgets a path that is finished or removed.
    package static func forget(_ path: String) { paths.withLock { _ = $0.remove(path) } }

    /// Removes all of them.
    package static func removeAll() {
        let paths = paths.withLock { paths in
            defer { paths = [] }
            return paths
        }
        for path in paths { try? FileManager.default.removeItem(atPath: path) }
    }
}
