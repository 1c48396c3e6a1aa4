import AttendPlugin
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
        #expect("\(try Self.error("libminimal.so"))".contains("name a path, such as ./libminimal.so"))
    }

    #if os(Linux)
        @Test func `what is no library is called what it is`() throws {
            #expect(try Self.error([]).reason == "is no shared library but an empty file")
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

        @Test func `objects and programs are no libraries`() throws {
            #expect(try Self.error(Self.header(type: 1, machine: 62)).reason.contains("an object file (link it"))
            #expect(try Self.error(Self.header(type: 2, machine: 62)).reason.hasSuffix("a program"))
        }
    #endif
}
