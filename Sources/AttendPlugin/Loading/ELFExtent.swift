internal import AttendBackend

/// The file extent that the dynamic linker reads of a 64-bit little-endian ELF file (System V ABI, chapters 4 and 5).
///
/// The linker maps segments without checking the file's size, and touching a page beyond the end kills the process with
/// SIGBUS.
enum ELFExtent {
    static let headerSize = 64
    private static let programHeaderSize = 56

    /// The end of the header, the program headers and all loaded segments: the minimum size of an intact file.
    ///
    /// - Parameter header: The file's first 64 bytes, or all of a shorter file.
    static func end(_ header: [UInt8], of file: InputFile) throws(FileError) -> UInt64 {
        guard header.count >= headerSize else { return UInt64(headerSize) }
        let (start, size, count) = (number(header, 32, 8), number(header, 54, 2), number(header, 56, 2))
        let tableEnd = sum(start, size * count)
        // The linker rejects another entry size with a clear message.
        guard tableEnd <= UInt64(file.byteCount), size == programHeaderSize else { return max(tableEnd, 64) }
        let table = try file.bytes(at: Int(start), count: Int(size * count))
        return stride(from: 0, to: table.count, by: programHeaderSize).reduce(max(tableEnd, 64)) { end, place in
            let (kind, offset, size) =
                (number(table, place, 4), number(table, place + 8, 8), number(table, place + 32, 8))
            // Segments of zeros only (size 0 in the file) occupy no file range.
            return kind == 1 && size > 0 ? max(end, sum(offset, size)) : end
        }
    }

    private static func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt64 {
        (0..<count).reduce(0) { $0 | UInt64(bytes[offset + $1]) << (8 * $1) }
    }

    /// The sum, saturated at `UInt64.max`.
    private static func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let (sum, overflows) = left.addingReportingOverflow(right)
        return overflows ? .max : sum
    }
}
