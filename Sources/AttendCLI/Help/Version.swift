import AttendRegistry
import AttendRuntime
import BuildStamp
import Foundation

/// The text of `--version`: version, commit, build, and the processor with its instruction set.
enum Version {
    static let number = "0.1.0"

    /// `attend 0.1.0 (commit 3f2a…, release build, Swift 6.3)` and the processor.
    static var text: String {
        "attend \(number) (commit \(BuildStamp.commit ?? "unknown"), \(BuildStamp.configuration) build, "
            + "Swift \(BuildStamp.compiler))\n" + processor
    }

    /// The processor as the `simd` backend uses it.
    private static var processor: String {
        do {
            let device = try BackendRegistry.builtIn.backend(named: "simd").device
            let count = ProcessInfo.processInfo.activeProcessorCount
            let kernels = device.instructionSet.map { ", kernels for \($0)" } ?? ""
            return "\(device.name), \(count) processor\(count == 1 ? "" : "s")\(kernels)"
        } catch {
            return "\(error)"
        }
    }
}
