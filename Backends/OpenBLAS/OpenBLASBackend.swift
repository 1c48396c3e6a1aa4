public import SIMDBackend
import SIMDKernels

/// The `openblas` backend: matrix products by OpenBLAS, all else as `simd` does it.
public enum OpenBLAS {
    /// Why the backend is not there.
    public struct Unavailable: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// - Throws: ``Unavailable`` where the library is missing.
    public static func makeBackend(threads: Int? = nil) throws(Unavailable) -> HostBackend {
        try make(threads: threads).backend
    }

    /// With the engine, so that tests can count its calls.
    package static func make(
        threads: Int? = nil
    ) throws(Unavailable) -> (backend: HostBackend, engine: OpenBLASEngine) {
        do {
            let library = try OpenBLASLibrary()
            let engine = OpenBLASEngine(library)
            return (
                HostBackend(
                    name: "openblas", threads: threads, matrices: engine, table: try .best(),
                    library: library.version), engine
            )
        } catch {
            throw Unavailable(description: "\(error)")
        }
    }
}
