/// Structures of attend_backend.h that start with their size, as compiled on the other side.
enum SizedStructure {
    /// Maximum plausible size in bytes.
    static let greatestSize: UInt = 1 << 16

    static func size(of structure: UnsafeRawPointer) -> UInt { structure.loadUnaligned(as: UInt.self) }

    /// A copy with this program's layout: members missing on the other side keep their values from `blank`, unknown
    /// ones are dropped. Nil for a size below `least` or an implausible one.
    static func copy<Structure>(
        _ structure: UnsafePointer<Structure>, into blank: Structure, least: Int
    ) -> Structure? {
        let size = size(of: structure)
        guard size >= UInt(least), size <= greatestSize else { return nil }
        var copy = blank
        withUnsafeMutableBytes(of: &copy) { target in
            target.copyMemory(from: UnsafeRawBufferPointer(start: structure, count: min(Int(size), target.count)))
        }
        return copy
    }
}
