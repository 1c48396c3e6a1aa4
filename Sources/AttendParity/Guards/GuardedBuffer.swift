import AttendRuntime
import Synchronization

/// A buffer between two guard zones.
final class GuardedBuffer: DeviceBuffer {
    let byteCount: Int
    /// In the order of making.
    let number: Int
    private let whole: any DeviceBuffer
    private let lastWriter = Mutex<String?>(nil)

    /// What lies between the buffer's end and the zone behind it, as the backend reads it back; nil for nothing.
    let gap: Tensor?

    init(_ whole: any DeviceBuffer, byteCount: Int, number: Int, gap: Tensor? = nil) {
        self.whole = whole
        self.gap = gap
        self.byteCount = byteCount
        self.number = number
    }

    /// A place in the buffer that the backend knows, counted from where the guarded part begins.
    func inner(at byteOffset: Int) -> BufferSlice { BufferSlice(whole, byteOffset: Guard.byteCount + byteOffset) }

    func setWriter(_ kernel: String) { lastWriter.withLock { $0 = kernel } }

    /// The kernel whose result lies here.
    var writer: String { lastWriter.withLock { $0 }.map { "the kernel \"\($0)\"" } ?? "a kernel" }

    var name: String { "buffer \(number) of \(byteCount) bytes" }
}

extension BufferSlice {
    /// The slice as the backend below knows it; what it packed for itself stays as it is.
    var unguarded: BufferSlice {
        (buffer as? GuardedBuffer)?.inner(at: byteOffset) ?? self
    }
}
