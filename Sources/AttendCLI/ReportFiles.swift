import ArgumentParser
import AttendParity
import AttendRuntime
import Foundation

/// The options about files that a report goes to beside the terminal.
struct ReportOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("Write the report there too, as JUnit XML for continuous integration.", valueName: "file"),
        completion: .file(extensions: ["xml"]))
    var junit: String?

    @Option(
        name: .long, help: ArgumentHelp("Write the report there too, as a page by itself.", valueName: "file"),
        completion: .file(extensions: ["html"]))
    var html: String?

    func validate() throws {
        for (option, path) in [("--junit", junit), ("--html", html)] where path == "-" {
            throw ValidationError("\(option) takes a file; stdout has the report for people, or with --json the object")
        }
        if let junit, let html, OutputPlaces.resolved(junit) == OutputPlaces.resolved(html) {
            throw ValidationError("--junit and --html name one file, \(junit); each report needs its own")
        }
    }

    /// Looks at the places, so that one that can't be written to is known before minutes of work.
    func open() throws(ReportFileError) -> OpenReports {
        try OpenReports(junit: junit.map(ReportFile.init), html: html.map(ReportFile.init))
    }
}

/// The files that were asked for.
struct OpenReports {
    let junit: ReportFile?
    let html: ReportFile?

    init(junit: ReportFile?, html: ReportFile?) { (self.junit, self.html) = (junit, html) }

    /// Writes each, whatever becomes of the other.
    ///
    /// - Returns: What went wrong.
    func write(_ report: ParityReport) -> [ReportFileError] {
        [junit?.write(report.junit), html?.write(report.html)].compactMap(\.self)
    }
}

/// A report that can't be written.
struct ReportFileError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    var description: String { "\(path): can't be written: \(reason)" }
}

/// A place for a report: a file that appears when it is whole, or a pipe or device that is written to as it is.
struct ReportFile {
    private let path: String
    /// Of what is no regular file, and of what the process has open already.
    private let handle: FileHandle?

    init(_ path: String) throws(ReportFileError) {
        self.path = path
        let place = OutputPlaces.resolved(path)
        let type = (try? FileManager.default.attributesOfItem(atPath: place))?[.type] as? FileAttributeType
        guard type != .typeDirectory else { throw ReportFileError(path: path, reason: "it is a folder") }
        // Behind /dev/stdout may lie a file that others write to as well.
        let isOpen = path.hasPrefix("/dev/") || path.hasPrefix("/proc/")
        do {
            guard isOpen || type ?? .typeRegular != .typeRegular else {
                handle = nil
                guard type == nil || FileManager.default.isWritableFile(atPath: place) else {
                    throw ReportFileError(path: path, reason: "you may not write to it")
                }
                // Made and given up at once: the folder is there and takes files.
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

    /// - Returns: What went wrong; what was there before is then there still.
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
