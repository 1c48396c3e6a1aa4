import Foundation

/// The C compiler of this machine, for plug-ins that tests build.
public enum CCompiler {
    /// Why there is none; nil where there is.
    public static let missing: String? = missing("cc", "C")

    /// The same of a C++ compiler.
    public static let missingCxx: String? = missing("c++", "C++")

    private static func missing(_ program: String, _ language: String) -> String? {
        do {
            let version = try run(["--version"], program: program)
            return version.code == 0
                ? nil : "there is no \(language) compiler `\(program)` here: \(version.errors)"
        } catch {
            return "there is no \(language) compiler `\(program)` here: \(error)"
        }
    }

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// The folder of the package.
    public static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// Where attend_backend.h lies.
    public static let headers = "\(root)/Sources/CAttendBackend/include"

    /// Compiles a shared library. Warnings are errors.
    ///
    /// - Parameters:
    ///   - source: The C file, or one in C++ that ends in `.cpp`.
    ///   - library: The path of what is made.
    ///   - flags: Before the source, such as `-DNAME`; `-I` of another header goes first.
    public static func build(_ source: String, to library: String, flags: [String] = []) throws {
        let (program, standard) = source.hasSuffix(".cpp") ? ("c++", "-std=c++17") : ("cc", "-std=c99")
        let outcome = try run(
            [standard, "-Wall", "-Wextra", "-Werror", "-O2", "-shared", "-fPIC"] + flags + ["-I", headers, source]
                + ["-o", library, "-lm"], program: program)
        guard outcome.code == 0 else {
            throw Failure(description: "\(program) \(source) \(flags): \(outcome.errors)")
        }
    }

    public static func run(
        _ arguments: [String], program: String = "cc"
    ) throws -> (code: Int32, errors: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let errors = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }
}
