#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// OpenBLAS, loaded at run time: a program built without it starts everywhere.
package final class OpenBLASLibrary: Sendable {
    /// `cblas_sgemm`: C = α·op(A)·op(B) + β·C.
    typealias SGEMM =
        @convention(c) (
            _ order: Int32, _ transposeA: Int32, _ transposeB: Int32, _ m: Int32, _ n: Int32, _ k: Int32,
            _ alpha: Float, _ a: UnsafePointer<Float>, _ lda: Int32, _ b: UnsafePointer<Float>, _ ldb: Int32,
            _ beta: Float, _ c: UnsafeMutablePointer<Float>, _ ldc: Int32
        ) -> Void

    /// `cblas_sgemv`: y = α·op(A)·x + β·y.
    typealias SGEMV =
        @convention(c) (
            _ order: Int32, _ transpose: Int32, _ m: Int32, _ n: Int32, _ alpha: Float, _ a: UnsafePointer<Float>,
            _ lda: Int32, _ x: UnsafePointer<Float>, _ incX: Int32, _ beta: Float, _ y: UnsafeMutablePointer<Float>,
            _ incY: Int32
        ) -> Void

    /// Version and build, as reported by the library.
    package let version: String
    let sgemm: SGEMM
    let sgemv: SGEMV

    /// Candidate file names; `ATTEND_OPENBLAS` overrides them.
    private static let names = ["libopenblas.so.0", "libopenblas.so", "libopenblas.dylib"]

    package struct Missing: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    package init() throws(Missing) {
        let given = getenv("ATTEND_OPENBLAS").map { String(cString: $0) }
        let names = given.map { [$0] } ?? OpenBLASLibrary.names
        var reasons: [String] = []
        for name in names {
            guard let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
                reasons.append(dlerror().map { String(cString: $0) } ?? name)
                continue
            }
            guard let sgemm = dlsym(handle, "cblas_sgemm"), let sgemv = dlsym(handle, "cblas_sgemv"),
                let setThreads = dlsym(handle, "openblas_set_num_threads")
            else {
                reasons.append("\(name) lacks cblas_sgemm, cblas_sgemv or openblas_set_num_threads")
                continue
            }
            // One thread: our pool divides the rows, and each call of OpenBLAS runs on the calling thread.
            unsafeBitCast(setThreads, to: (@convention(c) (Int32) -> Void).self)(1)
            self.sgemm = unsafeBitCast(sgemm, to: SGEMM.self)
            self.sgemv = unsafeBitCast(sgemv, to: SGEMV.self)
            version = OpenBLASLibrary.version(handle)
            return
        }
        throw Missing(description: "libopenblas was not found (\(reasons.joined(separator: "; ")))")
    }

    private static func version(_ handle: UnsafeMutableRawPointer) -> String {
        guard let symbol = dlsym(handle, "openblas_get_config"),
            let text = unsafeBitCast(symbol, to: (@convention(c) () -> UnsafePointer<CChar>?).self)()
        else { return "OpenBLAS" }
        return String(cString: text).split(separator: " ").prefix(2).joined(separator: " ")
    }
}
