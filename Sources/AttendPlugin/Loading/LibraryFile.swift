private import AttendBackend

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Checks of a shared library file that don't run its code.
enum LibraryFile {
    /// The path without symbolic links and dots, which identifies a library.
    ///
    /// - Throws: ``PluginError/bareName(_:)`` for a name without a slash, ``PluginError/unreadable(path:reason:)``.
    static func canonical(_ path: String) throws(PluginError) -> String {
        guard path.contains("/") else { throw .bareName(path) }
        guard let resolved = realpath(path, nil) else {
            throw .unreadable(path: path, reason: "can't be opened: \(String(cString: strerror(errno)))")
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Rejects, with a clear error, files that the dynamic linker would reject with an obscure one.
    static func check(_ path: String) throws(PluginError) {
        let (file, header): (InputFile, [UInt8])
        do throws(FileError) {
            file = try InputFile(path)
            header = try file.bytes(at: 0, count: min(file.byteCount, ELFExtent.headerSize))
        } catch {
            throw .unreadable(path: path, reason: error.reason)
        }
        #if os(Linux)
            try checkELF(header, path)
            try checkLength(header, file)
        #endif
    }

    /// Rejects a file shorter than its headers declare.
    private static func checkLength(_ header: [UInt8], _ file: InputFile) throws(PluginError) {
        // Other classes and byte orders belong to machines not known here; the linker checks them.
        guard header[4] == 2, header[5] == 1 else { return }
        let end: UInt64
        do throws(FileError) {
            end = try ELFExtent.end(header, of: file)
        } catch {
            throw .unreadable(path: file.path, reason: error.reason)
        }
        guard end <= UInt64(file.byteCount) else {
            throw .cutOff(path: file.path, found: file.byteCount, expected: end)
        }
    }

    /// The header's first 20 bytes (System V ABI, ELF header): class, byte order, type and machine.
    private static func checkELF(_ header: [UInt8], _ path: String) throws(PluginError) {
        guard header.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else {
            throw .notALibrary(path: path, found: kind(of: header))
        }
        guard header.count >= 20 else { throw .notALibrary(path: path, found: "an ELF file of \(header.count) bytes") }
        func half(_ offset: Int) -> Int {
            header[5] == 2
                ? Int(header[offset]) << 8 | Int(header[offset + 1])
                : Int(header[offset + 1]) << 8 | Int(header[offset])
        }
        let found = architecture(machine: half(18), bits: header[4] == 1 ? 32 : 64, isBigEndian: header[5] == 2)
        if let expected = LibraryFile.expected, found != expected {
            throw .otherArchitecture(path: path, found: found, expected: expected)
        }
        let types = [1: "an object file (link it with cc -shared)", 2: "a program", 4: "a core dump"]
        if half(16) != 3 { throw .notALibrary(path: path, found: types[half(16)] ?? "an ELF file of type \(half(16))") }
    }

    private static func kind(of header: [UInt8]) -> String {
        switch header.prefix(4) {
        case []: "an empty file"
        case [0xCF, 0xFA, 0xED, 0xFE], [0xCA, 0xFE, 0xBA, 0xBE]: "a library for macOS"
        case let start where start.starts(with: [0x4D, 0x5A]): "a library for Windows"
        case let start where start.starts(with: "!<ar".utf8): "an archive of object files (link it with cc -shared)"
        default: "some other file (no ELF header)"
        }
    }

    private static func architecture(machine: Int, bits: Int, isBigEndian: Bool) -> String {
        let names = [
            3: "x86", 8: "MIPS", 20: "PowerPC", 21: "PowerPC", 22: "s390", 40: "ARM", 62: "x86-64", 183: "AArch64",
            243: "RISC-V", 258: "LoongArch"
        ]
        return "\(names[machine] ?? "machine \(machine)") (\(bits) bits, \(isBigEndian ? "big" : "little")-endian)"
    }

    /// The architecture of this program; nil if not known by name here.
    private static let expected: String? = {
        #if arch(x86_64)
            architecture(machine: 62, bits: 64, isBigEndian: false)
        #elseif arch(arm64)
            architecture(machine: 183, bits: 64, isBigEndian: false)
        #else
            nil
        #endif
    }()
}
