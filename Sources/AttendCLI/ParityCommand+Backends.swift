import AttendParity
import AttendRegistry
import AttendRuntime
import Foundation

/// Backends, and what making them did to the thread, by their index: put right since, and no case of them passes.
struct MadeBackends {
    var backends: [any ComputeBackend] = []
    var complaints: [Int: String] = [:]

    /// Makes one more; a library that is loaded for it may change how the whole thread computes.
    mutating func add(_ name: String, _ make: () throws -> any ComputeBackend) throws {
        let environment = FloatingPointEnvironment.current
        let result = Result(catching: make)
        let change = environment.restored()
        let backend = try result.get()
        guard !backends.contains(where: { $0.device.backend == backend.device.backend }) else { return }
        if let change { complaints[backends.count] = "loading \(name) \(change)" }
        backends.append(backend)
    }
}

/// The backends that a parity run is about.
enum ParityBackends {
    /// Those that were named, all of which have to be there; or else all that are there.
    ///
    /// - Throws: `BackendUnavailable` for one that was named.
    static func make(
        named lists: [String], threads: Int?, _ registry: BackendRegistry, making: (String) -> Void = { _ in },
        leftOut: (String) -> Void
    ) throws -> MadeBackends {
        let options = BackendOptions(threads: threads)
        var made = MadeBackends()
        guard lists.isEmpty else {
            for name in lists.flatMap(words) {
                guard name != BackendRegistry.automaticName else {
                    throw BackendUnavailable(
                        name: name, reason: "it stands for the fastest backend, and parity judges each by its name",
                        remedy: "name backends, or leave --backend out for all")
                }
                making(name)
                try made.add(name) { try registry.backend(named: name, options: options) }
            }
            return made
        }
        for entry in registry.entries {
            making(entry.name)
            do {
                try made.add(entry.name) { try entry.make(options) }
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
