import AttendBackend
import Synchronization

/// Bytes.
final class TinyBuffer: DeviceBuffer {
    let byteCount: Int
    fileprivate let bytes: Mutex<[UInt8]>

    init(_ byteCount: Int) {
        self.byteCount = byteCount
        bytes = Mutex(Array(repeating: 0, count: byteCount))
    }
}

extension BufferSlice {
    func bytes(_ count: Int) throws(BackendError) -> [UInt8] {
        let range = byteOffset..<byteOffset + count
        return try tiny(range).bytes.withLock { Array($0[range]) }
    }

    func write(_ new: [UInt8]) throws(BackendError) {
        let range = byteOffset..<byteOffset + new.count
        try tiny(range).bytes.withLock { $0.replaceSubrange(range, with: new) }
    }

    /// 32 bits each, little-endian.
    func words(_ count: Int) throws(BackendError) -> [UInt32] { try bytes(4 * count).integers(of: UInt32.self) }
    func write(_ words: [UInt32]) throws(BackendError) { try write(words.flatMap(\.littleEndianBytes)) }

    private func tiny(_ range: Range<Int>) throws(BackendError) -> TinyBuffer {
        guard let buffer = buffer as? TinyBuffer, range.lowerBound >= 0, range.upperBound <= buffer.byteCount else {
            throw .failed(backend: "tiny", action: "reach \(range)", reason: "the buffer has \(buffer.byteCount) bytes")
        }
        return buffer
    }
}

/// Copies, at once.
final class TinyStream: ComputeStream {
    func copyIn(_ tensor: Tensor, to destination: BufferSlice) throws(BackendError) {
        switch tensor.storage {
        case .float32(let values): try destination.write(values.flatMap(\.bitPattern.littleEndianBytes))
        case .int32(let values): try destination.write(values.flatMap(\.littleEndianBytes))
        case .int64(let values): try destination.write(values.flatMap(\.littleEndianBytes))
        case .float16(let values), .bfloat16(let values): try destination.write(values.flatMap(\.littleEndianBytes))
        case .bool(let values): try destination.write(values)
        }
    }

    func copyOut(_ source: BufferSlice, dtype: DType, shape: [Int]) throws(BackendError) -> Tensor {
        let bytes = try source.bytes(shape.reduce(1, *) * dtype.byteCount)
        do throws(TensorError) {
            switch dtype {
            case .float32:
                return try Tensor(bytes.integers(of: UInt32.self).map { Float(bitPattern: $0) }, shape: shape)
            case .int32: return try Tensor(bytes.integers(of: Int32.self), shape: shape)
            case .int64: return try Tensor(bytes.integers(of: Int64.self), shape: shape)
            case .bool: return try Tensor(bytes.map { $0 != 0 }, shape: shape)
            case .float16: return try Tensor(storage: .float16(bytes.integers(of: UInt16.self)), shape: shape)
            case .bfloat16: return try Tensor(storage: .bfloat16(bytes.integers(of: UInt16.self)), shape: shape)
            }
        } catch {
            throw .failed(backend: "tiny", action: "copy out", reason: "\(error)")
        }
    }

    func synchronize() throws(BackendError) {}
}

extension FixedWidthInteger {
    var littleEndianBytes: [UInt8] { (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) } }
}

extension [UInt8] {
    func integers<Integer: FixedWidthInteger>(of type: Integer.Type) -> [Integer] {
        let size = Integer.bitWidth / 8
        return stride(from: 0, to: count, by: size).map { start in
            (0..<size).reduce(0) { $0 | Integer(truncatingIfNeeded: self[start + $1]) << (8 * $1) }
        }
    }
}
