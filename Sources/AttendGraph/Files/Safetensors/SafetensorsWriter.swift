extension SafetensorsFile {
    /// Writes tensors to a file, ordered by element width, widest first, then by name; each is aligned to its element
    /// width. O(bytes).
    ///
    /// The file appears under its name only when complete.
    ///
    /// - Throws: ``SafetensorsError``, such as for a full disk or an unwritable folder.
    public static func write(
        _ tensors: [String: Tensor], metadata: [String: String] = [:], to path: String
    ) throws(SafetensorsError) {
        let ordered = tensors.sorted {
            ($1.value.dtype.byteCount, $0.key) < ($0.value.dtype.byteCount, $1.key)
        }
        var members: [JSONValue.Member] = []
        if !metadata.isEmpty {
            let entries = metadata.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }
            members.append(JSONValue.Member("__metadata__", .object(entries)))
        }
        var offset = 0
        for (name, tensor) in ordered {
            let end = offset + tensor.elementCount * tensor.dtype.byteCount
            members.append(
                JSONValue.Member(
                    name,
                    .object([
                        .init("dtype", .string(tensor.dtype.safetensorsName)),
                        .init("shape", .array(tensor.shape.map { .integer($0) })),
                        .init("data_offsets", .array([.integer(offset), .integer(end)]))
                    ])))
            offset = end
        }
        do {
            var header = Array(try JSONValue.object(members).serialized().utf8)
            // Padding aligns the data to 8 bytes.
            header += Array(repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
            let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> ($0 * 8)) }
            let file = try OutputFile(path)
            try file.write(length)
            try file.write(header)
            for (_, tensor) in ordered {
                try tensor.withBytes { bytes throws(FileError) in try file.write(bytes) }
            }
            try file.finish()
        } catch let error as FileError {
            throw .file(error)
        } catch {
            throw .header(path: path, reason: "\(error)")
        }
    }
}

extension DType {
    /// The dtype's spelling in the format.
    var safetensorsName: String {
        switch self {
        case .float32: "F32"
        case .float16: "F16"
        case .bfloat16: "BF16"
        case .int32: "I32"
        case .int64: "I64"
        case .bool: "BOOL"
        }
    }
}
