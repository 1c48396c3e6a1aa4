import AttendRuntime
import Foundation
import TestSupport
import Testing

@Suite struct SafetensorsTests {
    /// A file with this header and this many bytes of data.
    private func file(_ folder: TemporaryFolder, _ header: String, data: Int, length: UInt64? = nil) throws -> String {
        let length = length ?? UInt64(header.utf8.count)
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + Array(header.utf8)
        return try folder.write(bytes + Array(repeating: 1, count: data), "x.safetensors")
    }

    private static let bad: [(what: String, header: String, data: Int, says: String)] = [
        ("not JSON", "[1]", 0, "does not begin with"),
        ("a syntax error", "{\"a\":", 0, "line 1"),
        ("data that is too short", #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#, 12, "12 bytes of data"),
        (
            "overlap",
            #"""
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},\#
            "b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}
            """#,
            12, "overlaps"
        ),
        (
            "a gap",
            #"""
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},\#
            "b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}
            """#,
            12, "leaves a gap"
        ),
        ("a gap at the front", #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8, "leaves a gap"),
        ("trailing bytes", #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 5, "5 bytes of data"),
        ("out of range", #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,400]}}"#, 4, "0..<400"),
        ("backward offsets", #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, "not a valid range"),
        ("negative offsets", #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, 4, "not a valid range"),
        (
            "a duplicate",
            #"""
            {"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},\#
            "a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}
            """#,
            0, "duplicate key"
        ),
        (
            "an overflowing shape", #"{"a":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,4]}}"#, 4,
            "overflows"
        ),
        ("a negative size", #"{"a":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}"#, 4, "invalid shape"),
        (
            "a shape that is not the bytes", #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8,
            "takes 12 bytes"
        ),
        ("an unknown dtype", #"{"a":{"dtype":"F7","shape":[1],"data_offsets":[0,4]}}"#, 4, "\"F7\""),
        ("metadata that is no text", #"{"__metadata__":{"a":1}}"#, 0, "__metadata__.a"),
        ("an unknown key", #"{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"z":1}}"#, 0, "\"z\""),
        ("a missing key", #"{"a":{"dtype":"F32","data_offsets":[0,0]}}"#, 0, "shape is missing"),
        ("a fractional size", #"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,6]}}"#, 6, "expected an integer")
    ]

    @Test(arguments: 0..<bad.count) func `a bad header is refused with its reason`(index: Int) throws {
        let (folder, test) = (try TemporaryFolder(), Self.bad[index])
        let path = try file(folder, test.header, data: test.data)
        let error = #expect(throws: SafetensorsError.self, "\(test.what)") { try SafetensorsFile(path) }
        let text = "\(try #require(error))"
        #expect(text.contains(test.says), "\(test.what): \(text)")
        #expect(text.contains(path))
    }

    @Test func `lengths beyond the file or the limit are refused`() throws {
        let folder = try TemporaryFolder()
        for (length, says) in [(UInt64(99), "length 99 exceeds"), (100_000_001, "100000000"), (.max, "100000000")] {
            let path = try file(folder, "{}", data: 0, length: length)
            let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path) }
            #expect("\(try #require(error))".contains(says))
        }
        for count in 0..<8 {
            let path = try folder.write(Array(repeating: 0, count: count), "short")
            let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path) }
            #expect("\(try #require(error))".contains("\(count)"))
        }
        expectError(SafetensorsError.self, saying: "is a folder") { try SafetensorsFile(folder.path) }
        expectError(SafetensorsError.self, saying: "missing", "No such file") {
            try SafetensorsFile("\(folder.path)/missing")
        }
    }

    @Test func `unaligned data is legal`() throws {
        let folder = try TemporaryFolder()
        let header =
            #"""
            {"b":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]},\#
            "f":{"dtype":"F32","shape":[2],"data_offsets":[3,11]}}
            """#
        let path = try file(folder, header, data: 11)
        #expect(
            try SafetensorsFile(path).tensor(named: "f").floats()
                == Array(repeating: Float(bitPattern: 0x0101_0101), count: 2))
        #expect(try SafetensorsFile(path).tensor(named: "b").bools() == [true, true, true])
    }

    @Test func `a type that tensors don't hold is listed but not read`() throws {
        let folder = try TemporaryFolder()
        let path = try file(folder, #"{"d":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}"#, data: 8)
        let open = try SafetensorsFile(path)
        #expect(open.entries.map(\.name) == ["d"])
        let error = #expect(throws: SafetensorsError.self) { try open.tensor(named: "d") }
        #expect("\(try #require(error))".contains("F64"))
    }

    @Test func `a missing or mistaken tensor is named, with the nearest`() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/w.safetensors"
        try SafetensorsFile.write(["layer.weight": Tensor([1, 2, 3] as [Float], shape: [3])], to: path)
        let open = try SafetensorsFile(path)
        let missing = #expect(throws: SafetensorsError.self) { try open.tensor(named: "layer.weigth") }
        #expect("\(try #require(missing))".contains("did you mean \"layer.weight\"?"))
        let shape = #expect(throws: SafetensorsError.self) { try open.tensor(named: "layer.weight", shape: [4]) }
        #expect("\(try #require(shape))".contains("expected shape [4], found [3]"))
        let dtype = #expect(throws: SafetensorsError.self) {
            try open.tensor(named: "layer.weight", dtype: .int64, shape: [3])
        }
        #expect("\(try #require(dtype))".contains("expected int64, found F32"))
    }

    @Test func `every dtype comes back as it was written`() throws {
        let folder = try TemporaryFolder()
        let tensors: [String: Tensor] = [
            "f": try Tensor([1.5, -0.0, .infinity] as [Float], shape: [3]),
            "i": try Tensor([7, .min] as [Int32], shape: [2, 1]),
            "l": try Tensor([.max] as [Int64], shape: []), "b": try Tensor([true, false, true], shape: [3]),
            "h": try Tensor(storage: .float16([0x3C00, 1]), shape: [2]),
            "g": try Tensor(storage: .bfloat16([0x3F80]), shape: [1]),
            "empty": try Tensor(zeros: [2, 0])
        ]
        let path = "\(folder.path)/all.safetensors"
        try SafetensorsFile.write(tensors, metadata: ["made": "by hand"], to: path)
        let open = try SafetensorsFile(path)
        #expect(open.metadata == ["made": "by hand"])
        for (name, tensor) in tensors { #expect(try open.tensor(named: name) == tensor) }
        #expect(try folder.files == ["all.safetensors"])
    }

    @Test func `a failed write leaves nothing behind`() throws {
        let folder = try TemporaryFolder()
        let tensors = ["a": Tensor(1.0 as Float)]
        expectError(SafetensorsError.self, saying: "missing/a.safetensors") {
            try SafetensorsFile.write(tensors, to: "\(folder.path)/missing/a.safetensors")
        }
        // The name is taken by a folder: the file can't be put in its place.
        try FileManager.default.createDirectory(atPath: "\(folder.path)/taken", withIntermediateDirectories: true)
        let error = #expect(throws: SafetensorsError.self) {
            try SafetensorsFile.write(tensors, to: "\(folder.path)/taken")
        }
        #expect("\(try #require(error))".contains("taken: can't write it: it is a folder"))
        #expect(try folder.files == ["taken"])
    }

    @Test func `a file that shrinks while it is open is an error`() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/w.safetensors"
        try SafetensorsFile.write(["w": Tensor(zeros: [1000])], to: path)
        let open = try SafetensorsFile(path)
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.truncate(atOffset: 500)
        let error = #expect(throws: SafetensorsError.self) { try open.tensor(named: "w") }
        #expect("\(try #require(error))".contains("ends at byte 500"))
    }

    @Test func `a shard outside of the folder is refused`() throws {
        let folder = try TemporaryFolder()
        for name in ["../w.safetensors", "/etc/passwd", ".."] {
            _ = try folder.write("{\"weight_map\":{\"w\":\"\(name)\"}}", "model.safetensors.index.json")
            let error = #expect(throws: SafetensorsError.self) { try Checkpoint(folder: folder.path) }
            #expect("\(try #require(error))".contains(name))
        }
    }

    @Test(.tags(.slow), .unlessFast) func `no mutation of a file crashes`() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/w.safetensors"
        try SafetensorsFile.write(["a": Tensor(zeros: [2, 3]), "b": Tensor(zeros: [4], dtype: .bool)], to: path)
        let original = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        var state: UInt64 = 1
        func random(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        var refused = 0
        for _ in 0..<1500 {
            var bytes = original
            for _ in 0...random(3) { bytes[random(bytes.count)] = UInt8(random(256)) }
            if random(4) == 0 { bytes.removeLast(random(bytes.count)) }
            let mutated = try folder.write(bytes, "mutated")
            do throws(SafetensorsError) {
                let open = try SafetensorsFile(mutated)
                for entry in open.entries { _ = try open.tensor(named: entry.name) }
            } catch {
                // Typed: nothing but a SafetensorsError gets here, and nothing traps.
                refused += 1
            }
        }
        #expect(refused > 500)
    }
}
