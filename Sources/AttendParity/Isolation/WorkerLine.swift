package import Foundation

/// A message of a worker to its parent, one line.
///
/// Output of the worker and its libraries uses the same pipe, so a message begins with a byte that no text contains, on
/// a line of its own.
package protocol WorkerLine: Sendable {
    /// Parses ``text``; nil for a line that is not a message.
    init?(parsing line: String)

    /// The message without mark and end. Line breaks are replaced by spaces.
    var text: String { get }

    /// Whether earlier output is irrelevant to later messages.
    var beginsAnew: Bool { get }
}

extension WorkerLine {
    /// The bytes in the pipe, line ends included.
    package var line: Data {
        let single = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: " ")
        return Data([0x0A, WorkerLines<Self>.mark]) + Data(single.utf8) + Data([0x0A])
    }
}

/// A parser that separates messages from other output, of which it keeps the beginning and the end.
struct WorkerLines<Message: WorkerLine> {
    static var mark: UInt8 { 1 }

    private var pending: [UInt8] = []
    private var messages: [Message] = []
    private var words = ""

    mutating func append(_ data: Data) {
        pending += data
        var start = pending.startIndex
        while let end = pending[start...].firstIndex(of: 0x0A) {
            take(pending[start..<end])
            start = end + 1
        }
        pending.removeSubrange(..<start)
    }

    mutating func next() -> Message? { messages.isEmpty ? nil : messages.removeFirst() }

    private mutating func take(_ line: ArraySlice<UInt8>) {
        guard line.first == Self.mark else {
            if !line.isEmpty { note(String(decoding: line, as: UTF8.self)) }
            return
        }
        if let message = Message(parsing: String(decoding: line.dropFirst(), as: UTF8.self)) {
            if message.beginsAnew { words = "" }
            messages.append(message)
        }
    }

    /// Keeps the beginning of long output, which shows the cause, and the end.
    private mutating func note(_ line: String) {
        words += words.isEmpty ? line : " " + line
        guard words.count > 600 else { return }
        words = "\(words.prefix(280)) … \(words.suffix(280))"
    }

    var lastWords: String {
        let unfinished = pending.first == Self.mark ? "" : String(decoding: pending, as: UTF8.self)
        return (words + " " + unfinished).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
