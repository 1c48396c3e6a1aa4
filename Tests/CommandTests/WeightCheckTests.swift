import AttendRuntime
import Foundation
import ModelSupport
import TestSupport
import Testing

/// `attend inspect --check`: weights that are NaN or infinite.
@Suite struct WeightCheckTests {
    @Test func `tensors that are not finite are named with their counts and first places`() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/weights.safetensors"
        try SafetensorsFile.write(
            [
                "good": Tensor([1 as Float, -2, 3], shape: [3]),
                "bad": Tensor([0, 1, .infinity, .nan, 4, -.infinity], shape: [2, 3]),
                "half": Tensor(storage: .float16([0x3C00, 0x7C01]), shape: [2]),
                "numbers": Tensor([7 as Int64], shape: [1])
            ], to: path)
        let shown = try AttendProgram.run(["inspect", "--check", path])
        #expect(shown.code == 5)
        #expect(shown.output.contains("\(path): tensor \"bad\": 1 NaN, 2 infinite, the first at [0, 2]\n"), "\(shown)")
        #expect(shown.output.contains("\(path): tensor \"half\": 1 NaN, the first at [1]\n"), "\(shown)")
        #expect(shown.output.hasSuffix("2 of 4 tensors are not finite\n"), "\(shown)")
        let listed = try AttendProgram.run(["inspect", "--check", "--json", path])
        #expect(listed.code == 5)
        let root = JSONNode(try JSONValue(parsing: Array(listed.output.utf8)))
        #expect(try root.required("checked").integer() == 4)
        let found = try root.required("not_finite").elements()
        #expect(try Set(found.map { try $0.required("name").string() }) == ["bad", "half"])
    }

    @Test func `a type that is not read is told`() throws {
        let folder = try TemporaryFolder()
        let header =
            #"{"f64":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"u8":{"dtype":"U8","shape":[1],"data_offsets":[8,9]}}"#
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> ($0 * 8)) } + Array(header.utf8)
        // 2.0 in float64.
        let path = try folder.write(bytes + [0, 0, 0, 0, 0, 0, 0, 0x40, 5], "x.safetensors")
        let shown = try AttendProgram.run(["inspect", path, "--check"])
        #expect(shown.code == 0, "\(shown.errors)")
        #expect(shown.output == "not checked, of an unsupported type: u8 (U8)\n1 tensors, all finite\n")
    }

    @Test func `a model's folder is checked with the modules after it, and nothing else can be`() throws {
        let folder = try TinyModel()
        defer { withExtendedLifetime(folder) {} }
        let shown = try AttendProgram.run(["inspect", folder.path, "--check"])
        #expect(shown.code == 0, "\(shown.errors)")
        #expect(shown.output.hasSuffix(" tensors, all finite\n"), "\(shown)")
        let file = try SafetensorsFile("\(folder.path)/model.safetensors")
        var tensors: [String: Tensor] = [:]
        for entry in file.entries { tensors[entry.name] = try file.tensor(named: entry.name) }
        let name = try #require(file.entries.first { $0.dtype == .float32 && $0.shape.count == 2 })
        var values = try #require(tensors[name.name]).floats()
        values[values.count - 1] = .nan
        tensors[name.name] = try Tensor(values, shape: name.shape)
        try SafetensorsFile.write(tensors, to: "\(folder.path)/model.safetensors")
        let bad = try AttendProgram.run(["inspect", folder.path, "--check"])
        #expect(bad.code == 5)
        #expect(
            bad.output.contains("tensor \"\(name.name)\": 1 NaN, the first at \(name.shape.map { $0 - 1 })"), "\(bad)")
        for wrong in [["\(folder.path)/config.json", "--check"], [folder.path, "--check", "--optimized"]] {
            #expect(try AttendProgram.run(["inspect"] + wrong).code == 64)
        }
    }
}
