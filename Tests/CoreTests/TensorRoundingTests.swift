import AttendRuntime
import TestSupport
import Testing

/// Conversion of tensors between floating-point types.
@Suite struct TensorRoundingTests {
    @Test func `numbers are rounded to the nearest, ties to even, and others stay`() throws {
        // 1 + 2⁻⁸ is halfway between neighbors of bfloat16, 1 + 3 · 2⁻⁸ as well; the same with 2⁻¹¹ in float16.
        let tensor = try Tensor(
            [1 + 0x1p-8, 1 + 0x3p-8, 1 + 0x1p-11, 1 + 0x3p-11, 0x1p-25, -.infinity, .infinity, 65504], shape: [2, 4])
        #expect(
            try tensor.rounded(to: .bfloat16).floats() == [
                1, 1 + 0x1p-6, 1, 1, 0x1p-25, -.infinity, .infinity, 65536
            ])
        #expect(
            try tensor.rounded(to: .float16).floats() == [
                1 + 0x1p-8, 1 + 0x3p-8, 1, 1 + 0x1p-9, 0, -.infinity, .infinity, 65504
            ])
        #expect(try tensor.rounded(to: .float16).shape == [2, 4])
        #expect(try tensor.rounded(to: .float32) == tensor)
        let bits = Tensor.Storage.bfloat16([0x7FC1, 0x3F80])
        let narrow = try Tensor(storage: bits, shape: [2])
        // Its own type: the same bits, also of a NaN.
        #expect(try narrow.rounded(to: .bfloat16).storage == bits)
        #expect(try narrow.rounded(to: .float16).floats()[0].isNaN)
        #expect(try narrow.rounded(to: .float32).floats()[1] == 1)
    }

    @Test func `a finite number beyond the type is an error with its place`() throws {
        let tensor = try Tensor([1, .infinity, 65519.996, 65520, -1e6, 3.4e38], shape: [2, 3])
        #expect(throws: TensorError.overflow(dtype: .float16, value: 65520, indices: [1, 0])) {
            try tensor.rounded(to: .float16)
        }
        #expect(throws: TensorError.overflow(dtype: .bfloat16, value: .greatestFiniteMagnitude, indices: [1])) {
            try Tensor([3.3e38, .greatestFiniteMagnitude], shape: [2]).rounded(to: .bfloat16)
        }
        expectError(TensorError.self, saying: "[1, 0]", "65520.0", "float16", "use bfloat16") {
            try tensor.rounded(to: .float16)
        }
    }

    @Test func `integers and bools are neither rounded nor made`() throws {
        let tensor = try Tensor([1 as Int64, 2], shape: [2])
        #expect(throws: TensorError.self) { try tensor.rounded(to: .float32) }
        #expect(throws: TensorError.self) { try Tensor([1 as Float], shape: [1]).rounded(to: .int64) }
    }

    @Test func `a file's numbers are rounded once, from float64 too`() throws {
        let folder = try TemporaryFolder()
        // Above the tie by less than float32 can tell: rounding twice would give 1.
        let double = 1 + 0x1p-8 + 0x1p-40
        let header = #"{"x":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}"#
        func bytes(_ number: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } }
        let path = try folder.write(
            bytes(UInt64(header.utf8.count)) + Array(header.utf8) + bytes(double.bitPattern)
                + bytes((70000.0).bitPattern), "x.safetensors")
        let file = try SafetensorsFile(path)
        #expect(try file.floats(named: "x", shape: [2], dtype: .bfloat16).floats() == [1 + 0x1p-7, 70144])
        #expect(try file.floats(named: "x", shape: [2]).floats() == [1 + 0x1p-8, 70000])
        expectError(SafetensorsError.self, saying: path, "\"x\"", "[1]", "70000", "use bfloat16") {
            try file.floats(named: "x", shape: [2], dtype: .float16)
        }
    }
}
