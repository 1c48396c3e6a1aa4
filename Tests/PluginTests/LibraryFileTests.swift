import AttendPlugin
import Foundation
import PluginSupport
import Testing

/// What is found out about a library without running any of its code.
@Suite struct LibraryFileTests {
    /// The first 64 bytes of an ELF file.
    private static func header(type: UInt8 = 3, machine: UInt8, bits: UInt8 = 2, order: UInt8 = 1) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 64)
        bytes.replaceSubrange(0..<6, with: [0x7F, 0x45, 0x4C, 0x46, bits, order])
        bytes[order == 1 ? 16 : 17] = type
        bytes[order == 1 ? 18 : 19] = machine
        return bytes
    }

    private static func error(_ bytes: [UInt8]) throws -> PluginError {
        let folder = try PluginFolder()
        try folder.write(bytes, to: "lib.so")
        return try error("\(folder.path)/lib.so")
    }

    private static func error(_ path: String) throws -> PluginError {
        do throws(PluginError) {
            _ = try Plugin(path: path)
        } catch {
            return error
        }
        throw Faulty.NoError(flags: [path])
    }

    @Test func `a missing library and a folder are named`() throws {
        let folder = try PluginFolder()
        let missing = try Self.error("\(folder.path)/libnone.so")
        #expect("\(missing)".contains("\(folder.path)/libnone.so: can't be opened: No such file"))
        #expect(try Self.error(folder.path) == .unreadable(path: folder.path, reason: "is a folder"))
    }

    @Test func `a bare name is searched for nowhere`() throws {
        #expect(try Self.error("libminimal.so") == .bareName("libminimal.so"))
        #expect("\(try Self.error("libminimal.so"))".contains("give a path, such as ./libminimal.so"))
    }

    #if os(Linux)
        @Test func `what is no library is called what it is`() throws {
            #expect(try Self.error([]).reason == "is not a shared library: found an empty file")
            #expect(try Self.error(Array("{}".utf8)).reason.hasSuffix("some other file (no ELF header)"))
            #expect(try Self.error(Array("!<arch>\n".utf8)).reason.contains("an archive of object files"))
            #expect(try Self.error([0xCF, 0xFA, 0xED, 0xFE, 7, 0, 0, 1]).reason.hasSuffix("a library for macOS"))
            #expect(try Self.error([0x4D, 0x5A, 0, 0]).reason.hasSuffix("a library for Windows"))
            #expect(try Self.error([0x7F, 0x45, 0x4C, 0x46, 2]).reason.hasSuffix("an ELF file of 5 bytes"))
        }
    #endif

    #if os(Linux) && arch(x86_64)
        @Test func `another architecture is said with both names`() throws {
            let foreign = try Self.error(Self.header(machine: 183))
            #expect(
                foreign.reason
                    == "is built for AArch64 (64 bits, little-endian), this program for x86-64 (64 bits, little-endian)"
            )
            #expect(try Self.error(Self.header(machine: 3, bits: 1)).reason.contains("x86 (32 bits, little-endian)"))
            #expect(try Self.error(Self.header(machine: 22, order: 2)).reason.contains("s390 (64 bits, big-endian)"))
            #expect(try Self.error(Self.header(machine: 99)).reason.contains("machine 99"))
        }

        /// A file of 100 bytes more than what its two segments need; the second is of the kind and extent given.
        private static func segmented(kind: UInt8 = 1, offset: UInt64, size: UInt64) -> [UInt8] {
            func bytes(_ number: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
            func segment(_ kind: UInt8, _ offset: UInt64, _ size: UInt64) -> [UInt8] {
                [kind] + Array(repeating: 0, count: 7) + bytes(offset) + Array(repeating: 0, count: 16) + bytes(size)
                    + Array(repeating: 0, count: 16)
            }
            var file = header(machine: 62)
            file.replaceSubrange(32..<40, with: bytes(64))
            (file[54], file[56]) = (56, 2)
            return file + segment(1, 0, 176) + segment(kind, offset, size) + Array(repeating: 0, count: 100)
        }

        @Test func `a file that ends before its segments is cut off`() throws {
            func isCutOff(_ file: [UInt8], _ expected: UInt64) throws -> Bool {
                let error = try Self.error(file)
                guard case .cutOff(_, file.count, expected) = error else { return false }
                return error.reason == "is truncated: found \(file.count) bytes, expected \(expected)"
            }
            // Whole as far as can be seen: the next complaint is about the manifest.
            func isWhole(_ file: [UInt8]) throws -> Bool {
                if case .noManifest = try Self.error(file) { true } else { false }
            }
            #expect(try isWhole(Self.segmented(offset: 176, size: 100)))
            #expect(try isCutOff(Self.segmented(offset: 176, size: 101), 277))
            #expect(try isCutOff(Self.segmented(offset: 277, size: 1), 278))
            #expect(try isCutOff(Self.segmented(offset: .max, size: 2), .max))
            // What is not loaded, and zeros that are not in the file, may lie anywhere.
            #expect(try isWhole(Self.segmented(kind: 4, offset: 176, size: 1000)))
            #expect(try isWhole(Self.segmented(offset: 1000, size: 0)))
            // The header and the program headers, too.
            let whole = Self.segmented(offset: 176, size: 100)
            #expect(try isCutOff(Array(whole[..<63]), 64))
            #expect(try isCutOff(Array(whole[..<175]), 176))
            var far = whole
            far[39] = 0x80
            #expect(try isCutOff(far, 0x8000_0000_0000_0040 + 112))
        }

        @Test(.compilesC) func `a library is whole, and each beginning of it is cut off`() throws {
            let folder = try PluginFolder()
            let path = try Faulty.plugin(in: folder).path
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            for count in [20, 63, 64, 500, 4096, bytes.count / 2] {
                guard case .cutOff(_, count, _) = try Self.error(Array(bytes[..<count])) else {
                    Issue.record("\(count) of \(bytes.count) bytes were taken")
                    continue
                }
            }
        }

        @Test func `objects and programs are no libraries`() throws {
            #expect(try Self.error(Self.header(type: 1, machine: 62)).reason.contains("an object file (link it"))
            #expect(try Self.error(Self.header(type: 2, machine: 62)).reason.hasSuffix("a program"))
        }
    #endif
}
