extension SafetensorsFile {
    /// Reads a tensor of this shape in a floating-point dtype: as it is stored, or each number rounded once, to nearest
    /// even.
    ///
    /// - Throws: ``SafetensorsError`` that names the tensor: missing, of another shape, not of a floating-point type,
    ///   or with a finite number beyond the range of `dtype`.
    /// - Complexity: O(bytes)
    public func floats(named name: String, shape: [Int], dtype: DType = .float32) throws(SafetensorsError) -> Tensor {
        if let entry = entry(named: name), entry.dtypeName == "F64", entry.shape == shape {
            return try narrowed(entry, to: dtype)
        }
        try checkFloats(named: name, shape: shape)
        return try rounded(tensor(named: name, shape: shape), to: dtype, name)
    }

    private func rounded(_ tensor: Tensor, to dtype: DType, _ name: String) throws(SafetensorsError) -> Tensor {
        do {
            return try tensor.rounded(to: dtype)
        } catch {
            throw .tensor(path: path, name: name, reason: "\(error)")
        }
    }

    /// Checks for a tensor of this shape and a floating-point type, without reading it. O(1).
    ///
    /// - Throws: ``SafetensorsError`` as ``floats(named:shape:dtype:)``, except for its numbers.
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
    package func holdsSameBytes(
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
    private func narrowed(_ entry: Entry, to dtype: DType) throws(SafetensorsError) -> Tensor {
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
                // Of a 16-bit type already, so that nothing is rounded twice; a number beyond its range stays finite.
                let held = NarrowFloat.nearest(number, dtype)
                floats.append(held.isInfinite ? Float(number) : held)
            }
        }
        do {
            try file.checkUnchanged()
            return try Tensor(floats, shape: entry.shape).rounded(to: dtype)
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
