extension SafetensorsFile {
    /// The spelling of unsigned 32-bit integers, the words of quantized weights.
    package static let wordsName = "U32"

    /// Reads a tensor of unsigned 32-bit words and this shape, as int32 of the same bits. O(bytes).
    ///
    /// - Throws: ``SafetensorsError`` that names the tensor: missing, of another dtype or shape.
    package func words(named name: String, shape: [Int]) throws(SafetensorsError) -> Tensor {
        try checkWords(named: name, shape: shape)
        guard let entry = entry(named: name) else { preconditionFailure("checked before") }
        return try read(entry, as: .int32)
    }

    /// Checks for a tensor of unsigned 32-bit words and this shape, without reading it. O(1).
    package func checkWords(named name: String, shape: [Int]) throws(SafetensorsError) {
        guard let entry = entry(named: name) else {
            throw .missing(path: path, name: name, hint: Nearest.hint(for: name, among: entries.map(\.name)))
        }
        guard entry.dtypeName == SafetensorsFile.wordsName else {
            throw .dtype(
                path: path, name: name, expected: "\(SafetensorsFile.wordsName), the words of a quantized weight",
                found: entry.dtypeName)
        }
        guard entry.shape == shape else {
            throw .shape(path: path, name: name, expected: shape, found: entry.shape)
        }
    }
}
