extension SafetensorsFile {
    /// Reads a tensor of this shape as float32: float16 and bfloat16 exactly, float64 rounded to nearest.
    ///
    /// - Throws: ``SafetensorsError`` that names the tensor: missing, of another shape, not of a floating-point type,
    ///   or with a finite number beyond float32's range.
    /// - Complexity: O(bytes)
    public func floats(named name: String, shape: [Int]) throws(SafetensorsError) -> Tensor {
        if let entry = entry(named: name), entry.dtypeName == "F64", entry.shape == shape { return try narrowed(entry) }
        try checkFloats(named: name, shape: shape)
        let tensor = try tensor(named: name, shape: shape)
        guard tensor.dtype != .float32 else { return tensor }
        do {
            return try Tensor(tensor.floats(), shape: shape)
        } catch {
            throw .tensor(path: path, name: name, reason: "\(error)")
        }
    }

    /// Checks for a tensor of this shape and a floating-point type, without reading it. O(1).
    ///
    /// - Throws: ``SafetensorsError`` as ``floats(named:shape:)``, except for its numbers.
    public func checkFloats(named name: String, shape: [Int]) throws(SafetensorsError) {
        guard let entry = entry(named: name) else {
            throw .missing(path: path, name: name, hint: Nearest.hint(for: name, among: entries.map(\.name)))
        }
        guard entry.dtype?.isFloatingPoint ?? (entry.dtypeName == "F64") else {
            let expected = "a floating-point type (F64, F32, F16 or BF16)"
            throw .dtype(path: path, name: name, expected: expected, found: entry.dtypeName)
        }
        guard entry.shape == shape else {
            throw .shape(path: path, name: name, expected: shape, found: entry.shape)
        }
    }

    /// Whether a tensor has the type, the shape and the bytes of another, compared in chunks. O(bytes).
    func holdsSameBytes(
        _ name: String, as other: String, in file: SafetensorsFile
    ) throws(SafetensorsError) -> Bool {
        guard let mine = entry(named: name), let theirs = file.entry(named: other),
            mine.dtypeName == theirs.dtypeName, mine.shape == theirs.shape
        else { return false }
        for offset in stride(from: 0, to: mine.byteCount, by: 1 << 20) {
            let count = min(1 << 20, mine.byteCount - offset)
            guard
                try bytes(at: mine.begin + offset, count: count)
                    == file.bytes(at: theirs.begin + offset, count: count)
            else { return false }
        }
        return true
    }

    /// Reads a float64 tensor in chunks.
    private func narrowed(_ entry: Entry) throws(SafetensorsError) -> Tensor {
        let count = entry.byteCount / 8
        var floats: [Float] = []
        floats.reserveCapacity(count)
        while floats.count < count {
            let piece = min(1 << 16, count - floats.count)
            let bytes = try bytes(at: entry.begin + floats.count * 8, count: piece * 8)
            for start in stride(from: 0, to: bytes.count, by: 8) {
                let bits = bytes[start..<(start + 8)].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
                let number = Double(bitPattern: bits)
                guard !Float(number).isInfinite || number.isInfinite else {
                    throw .tensor(
                        path: path, name: entry.name,
                        reason: "element \(floats.count) is \(number), beyond the range of float32")
                }
                floats.append(Float(number))
            }
        }
        do {
            try file.checkUnchanged()
            return try Tensor(floats, shape: entry.shape)
        } catch let error as FileError {
            throw .file(error)
        } catch {
            throw .tensor(path: path, name: entry.name, reason: "\(error)")
        }
    }

    private func bytes(at offset: Int, count: Int) throws(SafetensorsError) -> [UInt8] {
        do throws(FileError) {
            return try file.bytes(at: dataOffset + offset, count: count)
        } catch {
            throw .file(error)
        }
    }
}
