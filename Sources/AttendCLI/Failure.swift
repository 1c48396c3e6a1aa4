import ArgumentParser
import AttendModels
import AttendParity
import AttendPlugin
import AttendRegistry
import AttendRuntime
import Foundation

/// Exit codes, as documented in the help.
enum Exit {
    static let failure: Int32 = 1
    static let mismatch: Int32 = 3
    static let unavailable: Int32 = 4
    static let badFile: Int32 = 5
    static let usage: Int32 = 64
    static let interrupted: Int32 = 130

    /// The exit code of an error.
    static func code(of error: any Error) -> Int32 {
        switch error {
        case is BackendUnavailable, PlanError.unsupported, RunError.plan(.unsupported): unavailable
        case let error as PluginError: error.exitCode
        case .refused(_, let code) as WorkerError: code
        case let error as ShowError: error.code
        case is ExplanationError, is GenerationError: usage
        case let error as QuantizationError: error.isUsage ? usage : badFile
        case is ShadowFailure: mismatch
        case RunError.graph(.unknownCapture), GraphError.unknownCapture: usage
        case RunError.constant, GraphError.constant, RunError.graph(.constant), is ConstantError, is FileError,
            is ModelNotFound, is WaveError, is GraphFileError, is SafetensorsError, is TokenizerError, is ModelError,
            is JSONError:
            badFile
        default: failure
        }
    }

    /// Runs a command's body; an error becomes one line on stderr and an exit code.
    static func reporting(_ body: () throws -> Void) throws {
        defer { LastWords.withdraw() }
        do {
            try body()
        } catch let error as ExitCode {
            throw error
        } catch let error as ValidationError {
            throw error
        } catch {
            Terminal.fail("\(error)")
            throw ExitCode(code(of: error))
        }
    }
}

/// The output streams of the program.
enum Terminal {
    /// Writes data to stdout.
    static func write(_ text: String) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
        } catch {
            // The rest can't be written; if the reader closed the pipe, like `head`, no error message is needed.
            let cause = SystemCause(error)
            guard !cause.isBrokenPipe else {
                LastWords.withdraw()
                exit(Exit.failure)
            }
            fail("can't write to stdout: \(cause)")
            LastWords.withdraw()
            exit(Exit.failure)
        }
    }

    /// Writes data to stdout without a line break.
    static func writePart(_ text: String) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
        } catch {
            let cause = SystemCause(error)
            if !cause.isBrokenPipe { fail("can't write to stdout: \(cause)") }
            LastWords.withdraw()
            exit(Exit.failure)
        }
    }

    /// Writes messages to stderr.
    static func log(_ text: String) {
        // If stderr is closed, the error can't be reported.
        try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
    }

    /// Writes an error in the program's common form.
    ///
    /// Messages quote files, which may contain escape sequences: line breaks and tabs are kept, other control
    /// characters are removed.
    static func fail(_ message: String) {
        let shown: [Character] = message.map {
            $0 == "\n" || $0 == "\t" ? $0 : (DisplayText.cleaned(String($0)).first ?? $0)
        }
        log("attend: error: \(String(shown))")
    }

    /// Warns that a text was truncated to the model's maximum length.
    static func tellOmitted(
        _ omitted: Int, of kept: Int, _ length: SequenceLength?, cutsStart: Bool = false, text: String = "the text"
    ) {
        guard omitted > 0 else { return }
        let reason = length.map { " (\($0.source))" } ?? ""
        log(
            """
            attend: warning: \(text) has \(omitted + kept) tokens and the model reads \(kept)\(reason): the \
            \(cutsStart ? "start" : "end") is left out
            """
        )
    }

    static func write(_ value: JSONValue) throws {
        write(try value.serialized(pretty: true))
    }
}
