import AttendBackends
import AttendCore
import AttendParity
import Foundation

/// The backends that a parity run is about.
enum ParityBackends {
    /// Those that were named, all of which have to be there; or else all that are there.
    ///
    /// - Throws: `BackendUnavailable` for one that was named.
    static func make(
        named lists: [String], threads: Int?, _ registry: BackendRegistry, making: (String) -> Void = { _ in },
        leftOut: (String) -> Void
    ) throws -> [any ComputeBackend] {
        let options = BackendOptions(threads: threads)
        var made: [any ComputeBackend] = []
        guard lists.isEmpty else {
            for name in lists.flatMap(words) {
                making(name)
                let backend = try registry.backend(named: name, options: options)
                if !made.contains(where: { $0.device.backend == backend.device.backend }) { made.append(backend) }
            }
            return made
        }
        for entry in registry.entries {
            making(entry.name)
            do {
                made.append(try entry.make(options))
            } catch {
                leftOut("\(error)")
            }
        }
        return made
    }

    static func words(_ list: String) -> [String] {
        list.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
    }
}
