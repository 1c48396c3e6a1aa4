public import AttendBackend
public import SIMDBackend
import SIMDKernels

/// Factory of the `openblas` backend: matrix products by OpenBLAS, all else as in `simd`.
public enum OpenBLAS {
    /// Creates the backend.
    ///
    /// - Parameter threads: Number of threads; nil for one per processor.
    /// - Throws: ``AttendBackend/BackendUnavailable`` if the library is missing, or `ATTEND_SIMD` names no instruction
    ///   set.
    public static func makeBackend(threads: Int? = nil) throws(BackendUnavailable) -> HostBackend {
        try make(threads: threads).backend
    }

    /// The backend with its engine, so that tests can count calls.
    package static func make(
        threads: Int? = nil
    ) throws(BackendUnavailable) -> (backend: HostBackend, engine: OpenBLASEngine) {
        let library: OpenBLASLibrary
        do throws(OpenBLASLibrary.Missing) {
            library = try OpenBLASLibrary()
        } catch {
            throw BackendUnavailable(
                name: "openblas", reason: error.description, remedy: "install it: apt-get install libopenblas0-pthread")
        }
        do throws(BadInstructionSet) {
            let engine = OpenBLASEngine(library)
            return (
                HostBackend(
                    name: "openblas", threads: threads, matrices: engine, table: try .best(),
                    library: library.version), engine
            )
        } catch {
            throw BackendUnavailable(name: "openblas", reason: error.reason, remedy: error.remedy)
        }
    }
}
