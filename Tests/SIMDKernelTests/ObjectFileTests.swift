import Foundation
import SIMDKernelTypes
import SIMDKernels
import Testing

@Suite struct `Object files` {
    /// The folders with the kernels' object files, found from the test's own executable or bundle.
    private static var folders: [URL] {
        let modules = ["SIMDKernelsBaseline", "SIMDKernelsAVX2", "SIMDKernelsAVX512"]
        var place = URL(filePath: CommandLine.arguments.first ?? "").deletingLastPathComponent()
        for _ in 0..<4 {
            let found = modules.map { place.appending(path: "\($0).build") }
                .filter { FileManager.default.fileExists(atPath: $0.path) }
            if !found.isEmpty { return found }
            place.deleteLastPathComponent()
        }
        return []
    }

    /// A weak symbol that another module may define too could be taken by the linker for the whole program, and crash a
    /// processor that lacks this module's instructions.
    @Test func `kernel modules hold no code that another module could be given`() throws {
        let nm = ["/usr/bin/nm", "/usr/bin/llvm-nm"].first { FileManager.default.isExecutableFile(atPath: $0) }
        guard let nm else { try Test.cancel("no nm on this machine") }
        guard !Self.folders.isEmpty else { try Test.cancel("the object files are not beside the tests") }
        #if arch(x86_64)
            #expect(Self.folders.count == 3)
        #endif
        for folder in Self.folders {
            let module = folder.deletingPathExtension().lastPathComponent
            let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
                .filter { $0.pathExtension == "o" }
            #expect(!files.isEmpty)
            let process = Process()
            let output = Pipe()
            process.executableURL = URL(filePath: nm)
            process.arguments = files.map(\.path)
            process.standardOutput = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            #expect(text.contains(" T "), "nm shows no function of \(module)")
            let weak = text.split(separator: "\n").filter { line in
                let fields = line.split(separator: " ", maxSplits: 2)
                guard fields.count == 3, ["W", "V", "w", "v", "u"].contains(fields[1]) else { return false }
                // Data that is the same whoever defines it, and names that carry the module's own.
                return !["__swift_reflection_version", "symbolic ", "got."].contains { fields[2].hasPrefix($0) }
                    && !fields[2].contains("\(module.utf8.count)\(module)")
            }
            #expect(weak.isEmpty, "\(module): \(weak.joined(separator: ", "))")
        }
    }
}
