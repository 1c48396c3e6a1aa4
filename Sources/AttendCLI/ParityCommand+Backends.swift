import AttendParity
import AttendRegistry
import AttendRuntime
import Foundation

/// The created backends, with their changes of the thread's environment by index: the changes are undone, and no case
/// of such a backend passes.
struct MadeBackends {
    /// What the backends are made from.
    let registry: BackendRegistry
    var backends: [any ComputeBackend] = []
    var complaints: [Int: String] = [:]
    /// The names by which the backends were made.
    private(set) var names: [String] = []

    /// Creates another backend; a library that it loads may change the thread's floating-point environment.
    mutating func add(_ name: String, _ make: () throws -> any ComputeBackend) throws {
        let environment = FloatingPointEnvironment.current
        let result = Result(catching: make)
        let change = environment.restored()
        let backend = try result.get()
        guard !backends.contains(where: { $0.device.backend == backend.device.backend }) else { return }
        if let change { complaints[backends.count] = "loading \(name) \(change)" }
        backends.append(backend)
        names.append(name)
    }

    /// Makes a backend once more with another number of threads, for ``ParityRun/withThreads``.
    var remaking: @Sendable (_ backend: Int, _ threads: Int) throws -> any ComputeBackend {
        { [names, registry] index, threads in
            try registry.backend(named: names[index], options: BackendOptions(threads: threads))
        }
    }
}

/// The backends of a parity run.
enum ParityBackends {
    /// The named backends, all of which must be available; by default all available ones.
    ///
    /// - Throws: `BackendUnavailable` for a named one.
    static func make(
        named lists: [String], threads: Int?, _ registry: BackendRegistry, making: (String) -> Void = { _ in },
        leftOut: (String) -> Void
    ) throws -> MadeBackends {
        let options = BackendOptions(threads: threads)
        var made = MadeBackends(registry: registry)
        guard lists.isEmpty else {
            for name in lists.flatMap(words) {
                guard name != BackendRegistry.automaticName else {
                    throw BackendUnavailable(
                        name: name, reason: "auto is a choice among backends",
                        remedy: "name backends instead, or leave --backend out")
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
