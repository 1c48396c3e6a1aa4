import ArgumentParser
import AttendParity
import AttendRuntime
import Foundation

/// The options for the report: how much of it the terminal shows, and files in addition.
struct ReportOptions: ParsableArguments {
    @Flag(name: .long, help: "Show every failure, instead of one of those that probably have the same cause.")
    var all = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Also write the report to this file, as JUnit XML for continuous integration.", valueName: "file"),
        completion: .file(extensions: ["xml"]))
    var junit: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Also write the report to this file, as a self-contained HTML page.", valueName: "file"),
        completion: .file(extensions: ["html"]))
    var html: String?

    func validate() throws {
        for (option, path) in [("--junit", junit), ("--html", html)] where path == "-" {
            throw ValidationError(
                "\(option) needs a file; stdout already has the text report, or with --json the JSON object")
        }
        if let junit, let html, OutputPlaces.resolved(junit) == OutputPlaces.resolved(html) {
            throw ValidationError("--junit and --html name the same file, \(junit); each report needs its own")
        }
    }

    /// Opens the files, so that an unwritable one is reported before minutes of work.
    func open() throws(ReportFileError) -> OpenReports {
        try OpenReports(junit: junit.map(ReportFile.init), html: html.map(ReportFile.init))
    }
}

/// The requested report files.
struct OpenReports {
    let junit: ReportFile?
    let html: ReportFile?

    init(junit: ReportFile?, html: ReportFile?) { (self.junit, self.html) = (junit, html) }

    /// Writes each file, even after an error in another.
    ///
    /// - Returns: The errors.
    func write(_ report: ParityReport) -> [ReportFileError] {
        [junit?.write(report.junit), html?.write(report.html)].compactMap(\.self)
    }
}

/// An error in writing a report.
struct ReportFileError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    var description: String { "\(path): can't be written: \(reason)" }
}

/// The destination of a report: a file that is created when complete, or a pipe or device that is written directly.
struct ReportFile {
    private let path: String
    /// The handle of a destination that is not a regular file, or that the process already has open.
    private let handle: FileHandle?

    init(_ path: String) throws(ReportFileError) {
        self.path = path
        let place = OutputPlaces.resolved(path)
        let type = (try? FileManager.default.attributesOfItem(atPath: place))?[.type] as? FileAttributeType
        guard type != .typeDirectory else { throw ReportFileError(path: path, reason: "it is a folder") }
        // /dev/stdout may be a file that others write to as well.
        let isOpen = path.hasPrefix("/dev/") || path.hasPrefix("/proc/")
        do {
            guard isOpen || type ?? .typeRegular != .typeRegular else {
                handle = nil
                guard type == nil || FileManager.default.isWritableFile(atPath: place) else {
                    throw ReportFileError(path: path, reason: "no permission to write to it")
                }
                // Created and discarded: the folder exists and is writable.
                _ = try OutputFile(path)
                return
            }
            handle = try ReportFile.handle(path)
        } catch {
            throw ReportFile.error(path, error)
        }
    }

    private static func handle(_ path: String) throws -> FileHandle {
        switch path {
        case "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1": .standardOutput
        case "/dev/stderr", "/dev/fd/2", "/proc/self/fd/2": .standardError
        default: try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        }
    }

    /// Writes the report.
    ///
    /// - Returns: The error, if any; previous contents are kept then.
    func write(_ text: String) -> ReportFileError? {
        do {
            if let handle {
                try handle.write(contentsOf: Data(text.utf8))
            } else {
                try OutputFile.write(Array(text.utf8), to: path)
            }
            return nil
        } catch {
            return ReportFile.error(path, error)
        }
    }

    private static func error(_ path: String, _ error: any Error) -> ReportFileError {
        if let error = error as? ReportFileError { return error }
        if let error = error as? FileError { return ReportFileError(path: path, reason: error.reason) }
        return ReportFileError(path: path, reason: "\(SystemCause(error))")
    }
}
