import AttendRuntime
import Foundation

/// Texts from a file or standard input, one per line.
///
/// Lines end with LF or CRLF, optional for the last one. A UTF-8 byte order mark is skipped. Blank lines are skipped
/// and listed in ``leftOut``.
struct TextsFile {
    let texts: [String]
    /// The numbers of blank lines, from 1 up.
    let leftOut: [Int]

    /// The maximum size in bytes.
    static let limit = 256 << 20

    /// - Parameter path: A file, a pipe, or `-` for standard input.
    /// - Throws: `FileError` that names the file, and the line that is not UTF-8.
    init(_ path: String) throws(FileError) {
        let name = path == "-" ? "standard input" : path
        let bytes = try TextsFile.contents(path, name)
        guard !bytes.starts(with: [0xFF, 0xFE]), !bytes.starts(with: [0xFE, 0xFF]) else {
            throw FileError(path: name, reason: "is UTF-16; save it as UTF-8, one text per line")
        }
        var (texts, leftOut) = ([String](), [Int]())
        var rest = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        var number = 0
        while !rest.isEmpty {
            number += 1
            var line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest[line.endIndex...].dropFirst()
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            guard let text = String(validating: line, as: UTF8.self) else {
                let place = TextsFile.firstFault(in: line)
                let byte = String(line[line.startIndex + place], radix: 16, uppercase: true)
                throw FileError(
                    path: name, reason: "line \(number), byte \(place + 1): 0x\(byte) is not UTF-8; save it as UTF-8")
            }
            if text.allSatisfy(\.isWhitespace) { leftOut.append(number) } else { texts.append(text) }
        }
        guard !texts.isEmpty else { throw FileError(path: name, reason: "holds no text; write one per line") }
        (self.texts, self.leftOut) = (texts, leftOut)
    }

    /// A JSON array of texts from standard input.
    ///
    /// - Throws: `FileError` for anything else.
    static func standardInputList() throws(FileError) -> [String] {
        let name = "standard input"
        let bytes = try contents("-", name)
        do {
            var texts: [String] = []
            for node in try JSONNode(JSONValue(parsing: bytes)).elements() { texts.append(try node.string()) }
            return texts
        } catch {
            throw FileError(path: name, reason: "expected a JSON array of texts: \(error)")
        }
    }

    private static func contents(_ path: String, _ name: String) throws(FileError) -> [UInt8] {
        guard !path.isEmpty else { throw FileError(path: "\"\"", reason: "is not a file name") }
        guard path != "-" else { return try read(.standardInput, name) }
        guard !FileKind.isFolder(path) else { throw FileError(path: path, reason: "is a folder; name a file of texts") }
        let handle: FileHandle
        do {
            handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        } catch {
            throw FileError(path: path, reason: "can't open it: \(SystemCause(error))")
        }
        return try read(handle, name)
    }

    private static func read(_ handle: FileHandle, _ name: String) throws(FileError) -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            while let part = try handle.read(upToCount: 1 << 20), !part.isEmpty {
                bytes += part
                guard bytes.count <= limit else { break }
            }
        } catch {
            throw FileError(path: name, reason: "can't read it: \(SystemCause(error))")
        }
        guard bytes.count <= limit else {
            throw FileError(path: name, reason: "holds more than \(limit >> 20) MiB of texts; split the file")
        }
        return bytes
    }

    /// The offset of the first byte that is not UTF-8.
    private static func firstFault(in line: ArraySlice<UInt8>) -> Int {
        var (parser, bytes, place) = (Unicode.UTF8.ForwardParser(), line.makeIterator(), 0)
        while case .valid(let scalar) = parser.parseScalar(from: &bytes) { place += scalar.count }
        return min(place, max(0, line.count - 1))
    }
}
