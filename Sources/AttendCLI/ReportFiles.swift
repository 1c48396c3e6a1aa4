import ArgumentParser
import AttendParity
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

    /// Opens the files, so that a path that can't be written to is known before minutes of work.
    func open() throws(ReportFileError) -> OpenReports {
        try OpenReports(junit: junit.map(ReportFile.init), html: html.map(ReportFile.init))
    }
}

/// The files that were asked for, ready to be written to.
struct OpenReports {
    let junit: ReportFile?
    let html: ReportFile?

    init(junit: ReportFile?, html: ReportFile?) { (self.junit, self.html) = (junit, html) }

    func write(_ report: ParityReport) throws(ReportFileError) {
        try junit?.write(report.junit)
        try html?.write(report.html)
    }
}

/// A report that can't be written.
struct ReportFileError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    var description: String { "\(path): can't be written: \(reason)" }
}

struct ReportFile {
    private let path: String
    private let handle: FileHandle

    init(_ path: String) throws(ReportFileError) {
        self.path = path
        do {
            if !FileManager.default.fileExists(atPath: path) {
                try Data().write(to: URL(fileURLWithPath: path))
            }
            handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        } catch {
            throw ReportFile.error(path, error)
        }
    }

    func write(_ text: String) throws(ReportFileError) {
        do {
            // What is no plain file, such as a pipe, can't be shortened and need not be.
            try? handle.truncate(atOffset: 0)
            try handle.write(contentsOf: Data(text.utf8))
            try handle.close()
        } catch {
            throw ReportFile.error(path, error)
        }
    }

    /// Foundation's errors say where in a long list; the cause beneath says it in words.
    private static func error(_ path: String, _ error: any Error) -> ReportFileError {
        let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
        return ReportFileError(path: path, reason: cause.localizedDescription)
    }
}
