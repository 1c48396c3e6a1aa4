import AttendBackend
private import Foundation

/// Compiled programs on disk, so that later starts compile nothing.
///
/// A file contains its whole key (source, options, device, driver, format) and a checksum: a damaged file, or one of
/// another program, counts as absent and is rewritten. Drivers accept damaged binaries silently (PoCL does), so every
/// binary is checked first. Files are written under a temporary name and renamed.
package struct ProgramCache: Sendable {
    /// Folder of the files; nil if none could be found.
    package let folder: String?
    /// Writes a file like ``OutputFile``; replaced in tests.
    private let writeFile: @Sendable ([UInt8], String) throws -> Void

    private static let magic = Array("attend opencl program 3\n".utf8)

    package init(
        folder: String? = ProgramCache.userFolder,
        writeFile: @escaping @Sendable ([UInt8], String) throws -> Void = { try OutputFile.write($0, to: $1) }
    ) {
        self.folder = folder
        self.writeFile = writeFile
    }

    /// The folder `opencl` in ``AttendGraph/CacheFolder``; nil without one.
    package static var userFolder: String? {
        let environment = ProcessInfo.processInfo.environment
        return CacheFolder.path { environment[$0] }.map { $0 + "/opencl" }
    }

    /// A cached program.
    package struct Entry: Sendable, Equatable {
        package var binary: [UInt8]
        /// Launch variants that the driver had already compiled into the binary; see ``ProgramStore``.
        package var variants: Set<String>

        package init(binary: [UInt8], variants: Set<String> = []) {
            self.binary = binary
            self.variants = variants
        }
    }

    /// The program for this key; nil if absent or damaged.
    package func entry(for key: String) -> Entry? {
        // Regular files only: reading a pipe would block.
        guard let path = path(for: key), let kind = try? FileManager.default.attributesOfItem(atPath: path)[.type],
            kind as? FileAttributeType == .typeRegular, let bytes = try? InputFile.contents(of: path, limit: 1 << 28)
        else {
            return nil
        }
        let head = ProgramCache.magic + ProgramCache.part(Array(key.utf8))
        guard bytes.count >= head.count + 8, bytes.starts(with: head) else { return nil }
        let checksum = ProgramCache.number(bytes[(bytes.count - 8)...])
        guard checksum == ProgramCache.hash(bytes[..<(bytes.count - 8)]) else { return nil }
        var rest = bytes[head.count..<(bytes.count - 8)]
        guard let variants = ProgramCache.takePart(&rest), let binary = ProgramCache.takePart(&rest), rest.isEmpty
        else { return nil }
        let names = String(decoding: variants, as: UTF8.self).split(separator: "\n").map(String.init)
        return Entry(binary: binary, variants: Set(names))
    }

    /// Writes a program.
    ///
    /// - Throws: `FileError` if the disk is full or the folder read-only; programs still work without the cache.
    package func store(_ entry: Entry, for key: String) throws {
        guard let folder, let path = path(for: key) else { return }
        try CacheFolder.make(folder)
        var bytes = ProgramCache.magic + ProgramCache.part(Array(key.utf8))
        bytes += ProgramCache.part(Array(entry.variants.sorted().joined(separator: "\n").utf8))
        bytes += ProgramCache.part(entry.binary)
        bytes += ProgramCache.bytes(ProgramCache.hash(bytes[...]))
        // Removes a pipe or other special file at this path: files are not written over those.
        let manager = FileManager.default
        if let type = try? manager.attributesOfItem(atPath: path)[.type] as? FileAttributeType,
            type != .typeRegular, type != .typeDirectory
        {
            try? manager.removeItem(atPath: path)
        }
        try writeFile(bytes, path)
    }

    /// Deletes the oldest files if all together exceed `limit` bytes, until at most half of that is left.
    package func prune(limit: Int = 512 << 20) {
        let manager = FileManager.default
        guard let folder, let names = try? manager.contentsOfDirectory(atPath: folder) else { return }
        var files: [(path: String, size: Int, date: Date)] = []
        for name in names where name.hasSuffix(".program") {
            let path = "\(folder)/\(name)"
            guard let facts = try? manager.attributesOfItem(atPath: path), let size = facts[.size] as? Int,
                let date = facts[.modificationDate] as? Date
            else { continue }
            files.append((path, size, date))
        }
        var total = files.reduce(0) { $0 + $1.size }
        guard total > limit else { return }
        for file in files.sorted(by: { ($0.date, $0.path) < ($1.date, $1.path) }) where total > limit / 2 {
            // Another process may have removed it.
            try? manager.removeItem(atPath: file.path)
            total -= file.size
        }
    }

    package func path(for key: String) -> String? {
        let bytes = Array(key.utf8)
        // Two hashes make collisions rare; the key in the file makes them harmless.
        let names = [ProgramCache.hash(bytes[...]), ProgramCache.hash(bytes.reversed()[...])]
        return folder.map { folder in
            folder + "/" + names.map { String($0, radix: 36) }.joined(separator: "-") + ".program"
        }
    }

    /// FNV-1a (Fowler, Noll and Vo): detects damage, not tampering.
    private static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    /// The byte count, then the bytes.
    private static func part(_ content: [UInt8]) -> [UInt8] { bytes(UInt64(content.count)) + content }

    private static func takePart(_ bytes: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard bytes.count >= 8 else { return nil }
        let count = number(bytes.prefix(8))
        bytes = bytes.dropFirst(8)
        guard count <= UInt64(bytes.count) else { return nil }
        defer { bytes = bytes.dropFirst(Int(count)) }
        return Array(bytes.prefix(Int(count)))
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
