import AttendRuntime
import ReferenceBackend
import TestSupport
import Testing

@Suite struct MemoryTests {
    let backend = makeReference()
    let stream: any ComputeStream

    init() throws { stream = try backend.makeStream() }

    private func buffer(_ byteCount: Int) throws -> any DeviceBuffer { try backend.makeBuffer(byteCount: byteCount) }

    @Test(arguments: DType.allCases) func `what goes in comes out`(dtype: DType) throws {
        for run in Runner.both {
            let stream = try run.backend.makeStream()
            let tensor = Tensor(scalar: 1, dtype: dtype)
            let slice = try run.room(for: dtype, 1)
            try stream.copyIn(tensor, to: slice)
            try stream.synchronize()
            #expect(try stream.copyOut(slice, dtype: dtype, shape: []) == tensor)
        }
    }

    @Test func `several values share a buffer`() throws {
        let buffer = try buffer(64)
        try stream.copyIn(floats([1, 2]), to: BufferSlice(buffer))
        try stream.copyIn(int64s([3]), to: BufferSlice(buffer, byteOffset: 8))
        try stream.copyIn(bools([true, false]), to: BufferSlice(buffer, byteOffset: 62))
        try expectSame(stream.copyOut(BufferSlice(buffer), dtype: .float32, shape: [2]), floats([1, 2]))
        try expectSame(
            stream.copyOut(BufferSlice(buffer, byteOffset: 8), dtype: .int64, shape: [1]), int64s([3]))
        try expectSame(
            stream.copyOut(BufferSlice(buffer, byteOffset: 62), dtype: .bool, shape: [2]), bools([true, false]))
    }

    @Test func `a part of a value can be read`() throws {
        let buffer = try buffer(64)
        try stream.copyIn(floats([1, 2, 3, 4]), to: BufferSlice(buffer, byteOffset: 16))
        try expectSame(
            stream.copyOut(BufferSlice(buffer, byteOffset: 20), dtype: .float32, shape: [2, 1]), floats([2, 3], [2, 1]))
        expectError(BackendError.self, saying: "byte 18") {
            try stream.copyOut(BufferSlice(buffer, byteOffset: 18), dtype: .float32, shape: [1])
        }
        expectError(BackendError.self, saying: "byte 28", "4 elements of floating-point numbers at byte 16") {
            try stream.copyOut(BufferSlice(buffer, byteOffset: 28), dtype: .float32, shape: [2])
        }
    }

    @Test(arguments: [0, 4, 8, 12]) func `writing drops what it overlaps`(offset: Int) throws {
        let buffer = try buffer(32)
        try stream.copyIn(floats([1, 2]), to: BufferSlice(buffer, byteOffset: 4))
        try stream.copyIn(floats([9, 9]), to: BufferSlice(buffer, byteOffset: 20))
        try stream.copyIn(floats([3, 4]), to: BufferSlice(buffer, byteOffset: offset))
        try expectSame(
            stream.copyOut(BufferSlice(buffer, byteOffset: offset), dtype: .float32, shape: [2]), floats([3, 4]))
        try expectSame(
            stream.copyOut(BufferSlice(buffer, byteOffset: 20), dtype: .float32, shape: [2]), floats([9, 9]))
        if offset == 0 || offset == 8 {
            let found = offset == 0 ? "at byte 0" : "nothing was written there"
            expectError(BackendError.self, saying: found) {
                try stream.copyOut(BufferSlice(buffer, byteOffset: 4), dtype: .float32, shape: [2])
            }
        }
        if offset == 12 {
            try expectSame(
                stream.copyOut(BufferSlice(buffer, byteOffset: 4), dtype: .float32, shape: [2]), floats([1, 2]))
        }
    }

    @Test func `one write may replace many values`() throws {
        let buffer = try buffer(40)
        for index in 0..<10 {
            try stream.copyIn(floats([Float(index)]), to: BufferSlice(buffer, byteOffset: index * 4))
        }
        try stream.copyIn(int32s([7, 7, 7]), to: BufferSlice(buffer, byteOffset: 8))
        for index in 0..<10 {
            let slice = BufferSlice(buffer, byteOffset: index * 4)
            if (2..<5).contains(index) {
                expectError(BackendError.self, saying: "float32") {
                    try stream.copyOut(slice, dtype: .float32, shape: [])
                }
                try expectSame(stream.copyOut(slice, dtype: .int32, shape: []), int32s([7], []))
            } else {
                try expectSame(stream.copyOut(slice, dtype: .float32, shape: []), Tensor(Float(index)))
            }
        }
    }

    @Test func `undefined memory is an error that says so`() throws {
        let slice = BufferSlice(try buffer(16), byteOffset: 4)
        #expect(
            throws: BackendError.failed(
                backend: "reference", action: "read 2 elements of float32 at byte 4",
                reason: "nothing was written there")
        ) {
            try stream.copyOut(slice, dtype: .float32, shape: [2])
        }
        let input = Operand(dtype: .float32, layout: Layout(dense: [2]))
        let kernel = try backend.prepare(
            KernelRequest(operation: Operation(.exp), inputs: [input], outputs: [input]))
        let instance = try kernel.makeInstance(on: stream)
        expectError(BackendError.self, saying: "nothing was written there") {
            try instance.run(inputs: [slice], outputs: [slice])
        }
    }

    @Test func `no elements need no memory`() throws {
        let slice = BufferSlice(try buffer(0))
        try stream.copyIn(floats([]), to: slice)
        try expectSame(stream.copyOut(slice, dtype: .int32, shape: [0, 3]), int32s([], [0, 3]))
    }

    @Test func `writing past the end, reading another kind, and foreign buffers are errors`() throws {
        let slice = BufferSlice(try buffer(8))
        expectError(BackendError.self, saying: "12") { try stream.copyIn(floats([1, 2, 3]), to: slice) }
        expectError(BackendError.self, saying: "-4") {
            try stream.copyIn(floats([1]), to: BufferSlice(slice.buffer, byteOffset: -4))
        }
        try stream.copyIn(int32s([1]), to: slice)
        expectError(BackendError.self, saying: "float32") { try stream.copyOut(slice, dtype: .float32, shape: [1]) }
        expectError(BackendError.self, saying: "-1") { try stream.copyOut(slice, dtype: .int32, shape: [-1]) }
        let foreign = BufferSlice(try makeOracle().makeBuffer(byteCount: 8))
        expectError(BackendError.self, saying: "another backend") { try stream.copyIn(int32s([1]), to: foreign) }
    }

    @Test func `impossible sizes are refused`() throws {
        #expect(throws: BackendError.outOfMemory(backend: "reference", byteCount: .max)) { try buffer(.max) }
        expectError(BackendError.self, saying: "negative size -1") { try buffer(-1) }
    }

    @Test func `floats take the scalar's size`() {
        for dtype in [DType.float32, .float16, .bfloat16] {
            #expect(makeReference().storageByteCount(of: dtype) == 4)
            #expect(makeOracle().storageByteCount(of: dtype) == 8)
        }
        #expect(makeOracle().storageByteCount(of: .int32) == 4)
        #expect(makeOracle().storageByteCount(of: .bool) == 1)
    }

    @Test func `a kernel may write over its input`() throws {
        let operand = Operand(dtype: .float32, layout: Layout(dense: [2]))
        let kernel = try backend.prepare(
            KernelRequest(operation: Operation(.subtract), inputs: [operand, operand], outputs: [operand]))
        #expect(kernel.overwritableInputs == [0, 1])
        let (lhs, rhs) = (BufferSlice(try buffer(8)), BufferSlice(try buffer(8)))
        try stream.copyIn(floats([5, 7]), to: lhs)
        try stream.copyIn(floats([1, 2]), to: rhs)
        try kernel.makeInstance(on: stream).run(inputs: [lhs, rhs], outputs: [rhs])
        try expectSame(stream.copyOut(rhs, dtype: .float32, shape: [2]), floats([4, 5]))
    }
}
