import AttendCore
private import Foundation

/// Compiled programs on disk, so that a second start compiles nothing.
///
/// A file holds its whole key (source, options, device, driver, format) and a checksum: one that is damaged, or is some other
/// program's, counts as absent, and is written anew. Drivers take a damaged binary without a word (PoCL does), so nothing is given
/// to one unchecked. Files are written under a temporary name and renamed.
package struct ProgramCache: Sendable {
    /// Where the files lie; nil where no folder could be found or made.
    package let folder: String?
    /// Writes a file as ``OutputFile`` does; replaced in tests.
    private let writeFile: @Sendable ([UInt8], String) throws -> Void

    private static let magic = Array("attend opencl program 1\n".utf8)

    package init(
        folder: String? = ProgramCache.userFolder,
        writeFile: @escaping @Sendable ([UInt8], String) throws -> Void = { try OutputFile.write($0, to: $1) }
    ) {
        self.folder = folder
        self.writeFile = writeFile
    }

    /// `ATTEND_CACHE`, else the user's cache folder by the custom of the system.
    package static var userFolder: String? {
        let environment = ProcessInfo.processInfo.environment
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let given = value("ATTEND_CACHE") { return given + "/opencl" }
        if let given = value("XDG_CACHE_HOME") { return given + "/attend/opencl" }
        #if os(macOS)
            return value("HOME").map { $0 + "/Library/Caches/attend/opencl" }
        #else
            return value("HOME").map { $0 + "/.cache/attend/opencl" }
        #endif
    }

    /// The binary of this key; nil where there is none, or none that is whole.
    package func binary(for key: String) -> [UInt8]? {
        guard let path = path(for: key), let bytes = try? InputFile.contents(of: path, limit: 1 << 28) else {
            return nil
        }
        let keyBytes = Array(key.utf8)
        let head = ProgramCache.magic + ProgramCache.bytes(UInt64(keyBytes.count)) + keyBytes
        guard bytes.count >= head.count + 16, bytes.starts(with: head) else { return nil }
        let length = ProgramCache.number(bytes[head.count..<head.count + 8])
        guard length == UInt64(bytes.count - head.count - 16) else { return nil }
        let checksum = ProgramCache.number(bytes[(bytes.count - 8)...])
        guard checksum == ProgramCache.hash(bytes[..<(bytes.count - 8)]) else { return nil }
        return Array(bytes[(head.count + 8)..<(bytes.count - 8)])
    }

    /// - Throws: `FileError` where the disk is full or the folder read-only; the program runs without.
    package func store(_ binary: [UInt8], for key: String) throws {
        guard let folder, let path = path(for: key) else { return }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw FileError(path: folder, reason: "can't make the folder: \(error.localizedDescription)")
        }
        let keyBytes = Array(key.utf8)
        var bytes = ProgramCache.magic + ProgramCache.bytes(UInt64(keyBytes.count)) + keyBytes
        bytes += ProgramCache.bytes(UInt64(binary.count)) + binary
        bytes += ProgramCache.bytes(ProgramCache.hash(bytes[...]))
        try writeFile(bytes, path)
    }

    package func path(for key: String) -> String? {
        let bytes = Array(key.utf8)
        // Two hashes make an accident rare; the key in the file makes it harmless.
        let names = [ProgramCache.hash(bytes[...]), ProgramCache.hash(bytes.reversed()[...])]
        return folder.map { folder in
            folder + "/" + names.map { String($0, radix: 36) }.joined(separator: "-") + ".program"
        }
    }

    /// FNV-1a (Fowler, Noll and Vo): against damage, not against malice.
    private static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
