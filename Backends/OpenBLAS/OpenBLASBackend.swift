public import SIMDBackend
import SIMDKernels

/// The `openblas` backend: matrix products by OpenBLAS, all else as `simd` does it.
public enum OpenBLAS {
    /// Why the backend is not there.
    public struct Unavailable: Error, Sendable, CustomStringConvertible {
        /// The cause, such as a missing library or a bad `ATTEND_SIMD`.
        public let reason: String
        /// What to install or set.
        public let remedy: String

        public var description: String { "\(reason); \(remedy)" }
    }

    /// - Throws: ``Unavailable`` where the library is missing, or `ATTEND_SIMD` names no instruction set.
    public static func makeBackend(threads: Int? = nil) throws(Unavailable) -> HostBackend {
        try make(threads: threads).backend
    }

    /// With the engine, so that tests can count its calls.
    package static func make(
        threads: Int? = nil
    ) throws(Unavailable) -> (backend: HostBackend, engine: OpenBLASEngine) {
        let library: OpenBLASLibrary
        do throws(OpenBLASLibrary.Missing) {
            library = try OpenBLASLibrary()
        } catch {
            throw Unavailable(
                reason: error.description, remedy: "install it: apt-get install libopenblas0-pthread")
        }
        do throws(BadInstructionSet) {
            let engine = OpenBLASEngine(library)
            return (
                HostBackend(
                    name: "openblas", threads: threads, matrices: engine, table: try .best(),
                    library: library.version), engine
            )
        } catch {
            throw Unavailable(reason: error.reason, remedy: error.remedy)
        }
    }
}
