import AttendRuntime
import Synchronization

/// A buffer between two guard zones.
final class GuardedBuffer: DeviceBuffer {
    let byteCount: Int
    /// The index in order of creation.
    let number: Int
    private let whole: any DeviceBuffer
    private let lastWriter = Mutex<String?>(nil)

    /// The contents of the gap between the buffer's end and the zone after it, as the backend reads it; nil for no gap.
    let gap: Tensor?

    init(_ whole: any DeviceBuffer, byteCount: Int, number: Int, gap: Tensor? = nil) {
        self.whole = whole
        self.gap = gap
        self.byteCount = byteCount
        self.number = number
    }

    /// A position in the backend's buffer, relative to the guarded part.
    func inner(at byteOffset: Int) -> BufferSlice { BufferSlice(whole, byteOffset: Guard.byteCount + byteOffset) }

    func setWriter(_ kernel: String) { lastWriter.withLock { $0 = kernel } }

    /// The kernel that wrote the buffer's result.
    var writer: String { lastWriter.withLock { $0 }.map { "the kernel \"\($0)\"" } ?? "a kernel" }

    var name: String { "buffer \(number) of \(byteCount) bytes" }
}

extension BufferSlice {
    /// The slice of the wrapped backend; packed constants are unchanged.
    var unguarded: BufferSlice {
        (buffer as? GuardedBuffer)?.inner(at: byteOffset) ?? self
    }
}
