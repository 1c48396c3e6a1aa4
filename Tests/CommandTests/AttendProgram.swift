import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The program that was built beside these tests, run as a user runs it.
enum AttendProgram {
    struct Outcome {
        /// The exit code, or the signal where it was ended by one.
        let code: Int32
        var isSignal = false
        let output: String
        let errors: String
    }

    /// The folder of the package.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static let program: URL? = {
        var folder = Bundle.module.bundleURL
        for _ in 0..<6 {
            folder.deleteLastPathComponent()
            let candidate = folder.appending(path: "attend")
            if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
        }
        return nil
    }()

    /// The folder with the programs that were built.
    static func folder() throws -> String {
        try #require(program, "the program attend is not built").deletingLastPathComponent().path
    }

    /// What a line of shell does in a folder.
    static func shell(
        _ command: String, in folder: String, environment: [String: String] = [:]
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        return try outcome(of: process)
    }

    static func process(_ arguments: [String], _ environment: [String: String]) throws -> Process {
        let process = Process()
        let program: URL = try #require(program, "the program attend is not built")
        process.executableURL = program
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        return process
    }

    /// - Parameters:
    ///   - input: What stdin gives.
    ///   - file: Takes the output in the place of the test.
    ///   - seconds: After which somebody ends it.
    ///   - kilobytes: Of address space that it may have, as by `ulimit -v`.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], input: String? = nil,
        output file: FileHandle? = nil, endedAfter seconds: Double? = nil, addressSpace kilobytes: Int? = nil
    ) throws -> Outcome {
        let process = try process(arguments, environment)
        if let kilobytes, let program = process.executableURL {
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", "ulimit -v \(kilobytes); exec \"$0\" \"$@\"", program.path] + arguments
        }
        // A file in the place of a pipe: one that nobody reads to its end would end these tests.
        let folder = try input.map { _ in try temporaryFolder() }
        defer { if let folder { try? FileManager.default.removeItem(atPath: folder) } }
        if let input, let folder {
            try Data(input.utf8).write(to: URL(fileURLWithPath: "\(folder)/stdin"))
            process.standardInput = FileHandle(forReadingAtPath: "\(folder)/stdin")
        }
        return try outcome(of: process, output: file, endedAfter: seconds)
    }

    private static func outcome(
        of process: Process, output file: FileHandle? = nil, endedAfter seconds: Double? = nil
    ) throws -> Outcome {
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = file ?? output
        process.standardError = errors
        // A test's thread may block signals, and a child inherits that, which a shell's would not.
        var (none, before) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
        if file != nil { try output.fileHandleForWriting.close() }
        if let seconds {
            let number = process.processIdentifier
            Thread.detachNewThread {
                Thread.sleep(forTimeInterval: seconds)
                kill(number, SIGTERM)
            }
        }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return Outcome(
            code: process.terminationStatus, isSignal: process.terminationReason == .uncaughtSignal, output: text,
            errors: complaint)
    }

    /// A pseudo-terminal and the path of its other end.
    private static func pseudoTerminal() throws -> (descriptor: Int32, end: String) {
        #if os(Linux)
            // Swift's Glibc leaves out `posix_openpt` and its kin; these are the requests that they make.
            let (unlock, number) = (UInt(0x4004_5431), UInt(0x8004_5430))
            let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
            var (locked, index) = (Int32(0), UInt32(0))
            let isReady =
                terminal >= 0 && ioctl(terminal, unlock, &locked) == 0 && ioctl(terminal, number, &index) == 0
            try #require(isReady, "no pseudo-terminal")
            return (terminal, "/dev/pts/\(index)")
        #else
            let terminal = posix_openpt(O_RDWR | O_NOCTTY)
            let isReady = terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0
            try #require(isReady, "no pseudo-terminal")
            return (terminal, String(cString: try #require(ptsname(terminal))))
        #endif
    }

    /// What the program writes to a terminal of this width.
    ///
    /// - Parameter isForErrors: The terminal is stderr, and stdout goes nowhere.
    static func runOnTerminal(
        _ arguments: [String], columns: UInt16 = 100, environment: [String: String] = [:], isForErrors: Bool = false
    ) throws -> String {
        let (terminal, name) = try pseudoTerminal()
        defer { close(terminal) }
        var size = winsize(ws_row: 40, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        #expect(ioctl(terminal, UInt(TIOCSWINSZ), &size) == 0)
        let end = open(name, O_RDWR | O_NOCTTY)
        try #require(end >= 0)
        let process = try process(arguments, ["NO_COLOR": "", "TERM": "xterm-256color"].merging(environment) { $1 })
        let shown = FileHandle(fileDescriptor: end, closeOnDealloc: false)
        process.standardOutput = isForErrors ? FileHandle.nullDevice : shown
        process.standardError = isForErrors ? shown : FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        // A grid fits into the terminal's buffer; once the last writer is gone, reading ends with an error.
        close(end)
        var (text, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
        while case let count = read(terminal, &buffer, buffer.count), count > 0 { text += buffer[..<count] }
        return String(decoding: text, as: UTF8.self)
    }

    /// A new folder that is removed when the tests end.
    static func temporaryFolder() throws -> String { try TemporaryFolder.untilExit() }
}
