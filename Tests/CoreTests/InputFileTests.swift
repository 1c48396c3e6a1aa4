import AttendRuntime
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

/// What is read as a file is one.
@Suite struct InputFileTests {
    private static func reason(_ path: String) throws -> String {
        try #require(throws: FileError.self) { try InputFile(path) }.reason
    }

    // The limit is for a hang; on a busy machine a test of milliseconds may wait minutes for its turn.
    @Test(.timeLimit(.minutes(20))) func `a pipe is refused, and no writer waited for`() throws {
        let folder = try TemporaryFolder()
        #expect(mkfifo("\(folder.path)/pipe", 0o600) == 0)
        #expect(try Self.reason("\(folder.path)/pipe") == "is not a regular file")
        expectError(GraphFileError.self, saying: "pipe", "is not a regular file") {
            try Graph(contentsOf: "\(folder.path)/pipe")
        }
        expectError(SafetensorsError.self, saying: "pipe", "is not a regular file") {
            try SafetensorsFile("\(folder.path)/pipe")
        }
    }

    @Test func `devices, folders and what is not there have words of their own`() throws {
        let folder = try TemporaryFolder()
        #expect(try Self.reason("/dev/null") == "is not a regular file")
        #expect(try Self.reason(folder.path) == "is a folder")
        #expect(try Self.reason("\(folder.path)/none") == "can't open it: No such file or directory")
    }

    @Test func `a link to a file is that file`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write([1, 2, 3], "file")
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/link", withDestinationPath: path)
        #expect(try InputFile("\(folder.path)/link").bytes(at: 1, count: 2) == [2, 3])
    }

    @Test func `bytes in memory end like a file`() throws {
        let file = InputFile(named: "held", bytes: [1, 2, 3])
        #expect(try file.bytes(at: 1, count: 2) == [2, 3])
        let reason = try #require(throws: FileError.self) { try file.bytes(at: 2, count: 2) }.reason
        #expect(reason.contains("ends at byte 3"), "\(reason)")
    }
}
