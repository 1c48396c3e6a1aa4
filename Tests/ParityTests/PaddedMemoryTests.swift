import AttendParity
import AttendRuntime
import ReferenceBackend
import Synchronization
import Testing

/// A backend whose elements take more bytes than the host's, and that reads and writes nowhere but at multiples of them.
@Suite struct PaddedMemoryTests {
    /// Computes as the reference does; int32 lies in 8 bytes and a bool in `boolSize`.
    private final class Padded: ComputeBackend {
        let device = DeviceDescription(backend: "padded", name: "wide elements", threads: 1)
        let boolSize: Int
        /// Writes one element past the end of each result.
        let trespasses: Bool
        private let base = makeReference()

        init(boolSize: Int, trespasses: Bool = false) { (self.boolSize, self.trespasses) = (boolSize, trespasses) }

        func storageByteCount(of dtype: DType) -> Int {
            switch dtype {
            case .int32: 8
            case .bool: boolSize
            default: dtype.byteCount
            }
        }

        func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer { PaddedBuffer(byteCount) }
        func makeStream() throws(BackendError) -> any ComputeStream { PaddedStream(self) }
        func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
            PaddedKernel(base: try base.prepare(request), request: request, backend: self, reference: base)
        }
    }

    private final class PaddedBuffer: DeviceBuffer {
        let byteCount: Int
        let bytes: Mutex<[UInt8]>
        init(_ byteCount: Int) {
            self.byteCount = byteCount
            bytes = Mutex(Array(repeating: 0, count: byteCount))
        }
    }

    private final class PaddedStream: ComputeStream {
        let backend: Padded
        init(_ backend: Padded) { self.backend = backend }

        private func place(
            _ slice: BufferSlice, _ dtype: DType, _ count: Int
        ) throws(BackendError) -> (buffer: PaddedBuffer, size: Int) {
            let size = backend.storageByteCount(of: dtype)
            guard let buffer = slice.buffer as? PaddedBuffer, slice.byteOffset % size == 0, slice.byteOffset >= 0,
                slice.byteOffset + count * size <= buffer.byteCount
            else {
                throw .failed(
                    backend: "padded", action: "reach \(count) of \(dtype) at byte \(slice.byteOffset)",
                    reason: "no such place")
            }
            return (buffer, size)
        }

        func copyIn(_ tensor: Tensor, to slice: BufferSlice) throws(BackendError) {
            let words = PaddedMemoryTests.words(of: tensor)
            let (buffer, size) = try place(slice, tensor.dtype, words.count)
            buffer.bytes.withLock { bytes in
                for (index, word) in words.enumerated() {
                    for byte in 0..<size {
                        bytes[slice.byteOffset + index * size + byte] = UInt8(truncatingIfNeeded: word >> (8 * byte))
                    }
                }
            }
        }

        func copyOut(_ slice: BufferSlice, dtype: DType, shape: [Int]) throws(BackendError) -> Tensor {
            let count = shape.reduce(1, *)
            let (buffer, size) = try place(slice, dtype, count)
            let words = buffer.bytes.withLock { bytes in
                (0..<count).map { index in
                    (0..<size).reduce(UInt64(0)) { word, byte in
                        word | UInt64(bytes[slice.byteOffset + index * size + byte]) << (8 * byte)
                    }
                }
            }
            return PaddedMemoryTests.tensor(dtype, words, shape)
        }

        func synchronize() throws(BackendError) {}
    }

    private static func words(of tensor: Tensor) -> [UInt64] {
        switch tensor.storage {
        case .float32(let values): values.map { UInt64($0.bitPattern) }
        case .float16(let bits), .bfloat16(let bits): bits.map { UInt64($0) }
        case .int32(let values): values.map { UInt64(UInt32(bitPattern: $0)) }
        case .int64(let values): values.map { UInt64(bitPattern: $0) }
        case .bool(let values): values.map { UInt64($0) }
        }
    }

    private static func tensor(_ dtype: DType, _ words: [UInt64], _ shape: [Int]) -> Tensor {
        let storage: Tensor.Storage =
            switch dtype {
            case .float32: .float32(words.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) })
            case .float16: .float16(words.map { UInt16(truncatingIfNeeded: $0) })
            case .bfloat16: .bfloat16(words.map { UInt16(truncatingIfNeeded: $0) })
            case .int32: .int32(words.map { Int32(truncatingIfNeeded: $0) })
            case .int64: .int64(words.map { Int64(bitPattern: $0) })
            case .bool: .bool(words.map { UInt8(truncatingIfNeeded: $0) })
            }
        guard let tensor = try? Tensor(storage: storage, shape: shape) else { preconditionFailure("as many elements") }
        return tensor
    }

    private struct PaddedKernel: Kernel {
        let base: any Kernel
        let request: KernelRequest
        let backend: Padded
        let reference: any ComputeBackend
        var name: String { base.name }
        var cost: KernelCost { base.cost }

        func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
            let inner = try reference.makeStream()
            return Instance(kernel: self, stream: stream, inner: inner, base: try base.makeInstance(on: inner))
        }

        private final class Instance: KernelInstance {
            let (kernel, stream, inner, base): (PaddedKernel, any ComputeStream, any ComputeStream, any KernelInstance)

            init(kernel: PaddedKernel, stream: any ComputeStream, inner: any ComputeStream, base: any KernelInstance) {
                (self.kernel, self.stream, self.inner, self.base) = (kernel, stream, inner, base)
            }

            private func slice(_ operand: Operand) throws(BackendError) -> BufferSlice {
                let size = kernel.reference.storageByteCount(of: operand.dtype)
                return BufferSlice(try kernel.reference.makeBuffer(byteCount: operand.elementCount * size))
            }

            func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError) {
                var (mine, results): ([BufferSlice?], [BufferSlice?]) = ([], [])
                for (outer, operand) in zip(inputs, kernel.request.inputs) {
                    guard let outer, let operand else {
                        mine.append(nil)
                        continue
                    }
                    mine.append(try slice(operand))
                    let tensor = try stream.copyOut(outer, dtype: operand.dtype, shape: operand.shape)
                    if let slice = mine.last ?? nil { try inner.copyIn(tensor, to: slice) }
                }
                for operand in kernel.request.outputs { results.append(try operand.map(slice)) }
                try base.run(inputs: mine, outputs: results)
                for (operand, (outer, result)) in zip(kernel.request.outputs, zip(outputs, results)) {
                    guard let operand, let outer, let result else { continue }
                    let tensor = try inner.copyOut(result, dtype: operand.dtype, shape: operand.shape)
                    try stream.copyIn(tensor, to: outer)
                    guard kernel.backend.trespasses else { continue }
                    let size = kernel.backend.storageByteCount(of: operand.dtype)
                    let end = BufferSlice(outer.buffer, byteOffset: outer.byteOffset + operand.elementCount * size)
                    try stream.copyIn(Tensor(scalar: 1, dtype: operand.dtype), to: end)
                }
            }
        }
    }

    private static let subjects = [
        "add[lhs=17,rhs=17,dtype=int32,seed=2]", "less[lhs=17,rhs=17,seed=2]", "add[lhs=5x257,rhs=257,seed=3]",
        "add[lhs=9x13,rhs=9x13,dtype=float16,seed=61]", "matmul[m=5,k=7,n=3,seed=7]", "not[shape=13,dtype=bool,seed=1]"
    ]

    @Test(arguments: [1, 4, 8]) func `an honest backend of wide elements passes`(boolSize: Int) throws {
        let report = ParityRun(backends: [Padded(boolSize: boolSize)]).report(on: try Self.subjects.map(named))
        #expect(report.passes, "\(report.table)")
        #expect(report.total(of: "padded").passed == Self.subjects.count, "\(report.table)")
    }

    @Test(arguments: subjects) func `a write past the end of wide elements is found`(name: String) throws {
        let report = try ParityRun(backends: [Padded(boolSize: 1, trespasses: true)]).report(on: [named(name)])
        let failure = try #require(failures(in: report).first)
        #expect(failure.kind == .trespass, "\(failure.message)")
        #expect(failure.message.contains("past the end of buffer"), "\(failure.message)")
    }
}
