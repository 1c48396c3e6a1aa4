/// Structures of attend_backend.h that begin with their size, as the other side's program was built.
enum SizedStructure {
    /// No structure will ever be this large; a size beyond is no size.
    private static let greatestSize: UInt = 1 << 16

    static func size(of structure: UnsafeRawPointer) -> UInt { structure.loadUnaligned(as: UInt.self) }

    /// A copy as this program knows the structure: what the other side's lacks stays as in `blank`, what it has more is left behind.
    /// Nil for a size below `least` or beyond reason.
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
