import AttendRuntime
import Foundation
import Testing

/// The program `attend-fuzz` that was built beside these tests, run as a user runs it.
struct FuzzProgram {
    struct Outcome {
        let code: Int32
        let output: String
        let errors: String

        /// What was printed with `--json`.
        var json: JSONNode { get throws { JSONNode(try JSONValue(parsing: output)) } }
    }

    static func run(_ arguments: [String]) throws -> Outcome {
        let folder = try #require(Bundle.main.executableURL?.deletingLastPathComponent())
        let program = folder.appending(path: "attend-fuzz")
        try #require(FileManager.default.isExecutableFile(atPath: program.path), "\(program.path) is not built")
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        let (output, errors) = (Pipe(), Pipe())
        (process.standardOutput, process.standardError) = (output, errors)
        try process.run()
        // Progress is a line every ten seconds: it fits into the pipe.
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaints = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return Outcome(code: process.terminationStatus, output: text, errors: complaints)
    }
}
