import Foundation
import Testing

/// What the program printed, and how it ended.
struct Outcome {
    let code: Int32
    let output: String
    let errors: String
}

/// The program that was built beside these tests.
private let attendProgram: URL? = {
    var folder = Bundle.module.bundleURL
    for _ in 0..<6 {
        folder.deleteLastPathComponent()
        let candidate = folder.appending(path: "attend")
        if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
    }
    return nil
}()

/// Runs the program as a user does.
func attend(_ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
    let process = Process()
    let program: URL = try #require(attendProgram, "the program attend is not built")
    process.executableURL = program
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Outcome(code: process.terminationStatus, output: text, errors: complaint)
}
