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
        let parts = tensors.map { name, tensor in
            Part(name: name, dtypeName: tensor.dtype.safetensorsName, dtype: tensor.dtype, shape: tensor.shape) {
                () throws(SafetensorsError) in tensor
            }
        }
        try write(parts, metadata: metadata, to: path)
    }

    /// A tensor that is made when it is written.
    package struct Part {
        package var name: String
        /// The dtype in the file; of the width of `dtype`.
        package var dtypeName: String
        package var dtype: DType
        package var shape: [Int]
        package var tensor: () throws(SafetensorsError) -> Tensor

        package init(
            name: String, dtypeName: String, dtype: DType, shape: [Int],
            tensor: @escaping () throws(SafetensorsError) -> Tensor
        ) {
            (self.name, self.dtypeName, self.dtype, self.shape) = (name, dtypeName, dtype, shape)
            self.tensor = tensor
        }

        package var byteCount: Int { shape.reduce(1, *) * dtype.byteCount }
    }

    /// Writes tensors as ``write(_:metadata:to:)-(_,_,String)``, each made when its turn comes: one at a time is in
    /// memory. O(bytes).
    ///
    /// - Throws: ``SafetensorsError``; errors of making a tensor.
    package static func write(
        _ parts: [Part], metadata: [String: String] = [:], to path: String
    ) throws(SafetensorsError) {
        let ordered = parts.sorted { ($1.dtype.byteCount, $0.name) < ($0.dtype.byteCount, $1.name) }
        var members: [JSONValue.Member] = []
        if !metadata.isEmpty {
            let entries = metadata.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }
            members.append(JSONValue.Member("__metadata__", .object(entries)))
        }
        var offset = 0
        for part in ordered {
            let end = offset + part.byteCount
            members.append(
                JSONValue.Member(
                    part.name,
                    .object([
                        .init("dtype", .string(part.dtypeName)),
                        .init("shape", .array(part.shape.map { .integer($0) })),
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
            for part in ordered {
                let tensor = try part.tensor()
                precondition(tensor.dtype == part.dtype && tensor.shape == part.shape, "the header is written")
                try tensor.withBytes { bytes throws(FileError) in try file.write(bytes) }
            }
            try file.finish()
        } catch let error as FileError {
            throw .file(error)
        } catch let error as SafetensorsError {
            throw error
        } catch {
            throw .header(path: path, reason: "\(error)")
        }
    }
}

extension DType {
    /// The dtype's spelling in the format.
    package var safetensorsName: String {
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
