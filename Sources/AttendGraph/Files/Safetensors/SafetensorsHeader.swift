/// The header of a safetensors file: names, dtypes, shapes and offsets.
///
/// The format: 8 bytes with the header's length (little-endian), the header in JSON, then the tensors' bytes, row-major
/// and little-endian, without gaps.
struct SafetensorsHeader {
    var entries: [SafetensorsFile.Entry]
    var metadata: [String: String]
    /// Offset of the data section in the file.
    var dataOffset: Int

    static let lengthLimit = 100_000_000

    /// Bits per element, for every dtype of the format.
    private static let bitCounts = [
        "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "I16": 16, "U16": 16, "F16": 16,
        "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64, "C64": 64, "F4": 4,
        "F6_E2M3": 6, "F6_E3M2": 6
    ]

    init(_ file: InputFile) throws(SafetensorsError) {
        func wrong(_ reason: String) -> SafetensorsError { .header(path: file.path, reason: reason) }
        try SafetensorsHeader.refuseForeign(file)
        guard file.byteCount >= 8 else {
            throw wrong("expected an 8-byte length, but the file has \(file.byteCount) bytes")
        }
        let bytes: [UInt8]
        do {
            let length = try file.bytes(at: 0, count: 8).reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            guard length <= SafetensorsHeader.lengthLimit else {
                throw wrong("length \(length) exceeds the limit of \(SafetensorsHeader.lengthLimit) bytes")
            }
            guard Int(length) <= file.byteCount - 8 else {
                throw wrong("length \(length) exceeds the file's \(file.byteCount - 8) bytes after the length field")
            }
            bytes = try file.bytes(at: 8, count: Int(length))
        } catch let error as FileError {
            throw .file(error)
        } catch let error as SafetensorsError {
            throw error
        } catch {
            preconditionFailure("unexpected error while reading: \(error)")
        }
        guard bytes.first == UInt8(ascii: "{") else { throw wrong("it does not begin with \"{\"") }
        dataOffset = 8 + bytes.count
        entries = []
        metadata = [:]
        do throws(JSONError) {
            for (name, node) in try JSONNode(JSONValue(parsing: bytes)).members() {
                if name == "__metadata__" {
                    for (key, value) in try node.members() { metadata[key] = try value.string() }
                } else {
                    entries.append(try SafetensorsHeader.entry(name, node))
                }
            }
        } catch {
            throw wrong(error.description)
        }
        try check(file)
    }

    /// Rejects the content that a failed download leaves in place of a file.
    private static func refuseForeign(_ file: InputFile) throws(SafetensorsError) {
        do throws(FileError) {
            let front = try file.bytes(at: 0, count: min(file.byteCount, ForeignContent.probeByteCount))
            guard let found = ForeignContent.description(of: front) else { return }
            throw FileError(path: file.path, reason: "it is \(found)")
        } catch {
            throw .file(error)
        }
    }

    private static func entry(_ name: String, _ node: JSONNode) throws(JSONError) -> SafetensorsFile.Entry {
        for (key, _) in try node.members() where !["dtype", "shape", "data_offsets"].contains(key) {
            throw .type(path: node.path, expected: "dtype, shape and data_offsets", found: "\"\(key)\"")
        }
        var shape: [Int] = []
        for size in try node.required("shape").elements() { shape.append(try size.integer()) }
        let offsets = try node.required("data_offsets").elements()
        guard offsets.count == 2 else {
            throw .type(path: "\(node.path).data_offsets", expected: "two offsets", found: "\(offsets.count)")
        }
        return SafetensorsFile.Entry(
            name: name, dtypeName: try node.required("dtype").string(), shape: shape,
            begin: try offsets[0].integer(), end: try offsets[1].integer())
    }

    private func check(_ file: InputFile) throws(SafetensorsError) {
        let dataCount = file.byteCount - dataOffset
        var end = 0
        var last = "the header"
        for entry in entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
            func wrong(_ reason: String) -> SafetensorsError {
                .tensor(path: file.path, name: entry.name, reason: reason)
            }
            guard let bitCount = SafetensorsHeader.bitCounts[entry.dtypeName] else {
                throw wrong("dtype \"\(entry.dtypeName)\" is not a safetensors dtype")
            }
            guard entry.begin >= 0, entry.end >= entry.begin else {
                throw wrong("offsets \(entry.begin)..<\(entry.end) are not a valid range")
            }
            guard entry.end <= dataCount else {
                throw wrong("data range \(entry.begin)..<\(entry.end) exceeds the file's \(dataCount) bytes of data")
            }
            guard let count = try? Tensor.elementCount(of: entry.shape) else {
                throw wrong("invalid shape \(entry.shape): a size is negative or the product overflows")
            }
            let (bits, overflow) = count.multipliedReportingOverflow(by: bitCount)
            guard !overflow, bits % 8 == 0 else { throw wrong("shape \(entry.shape) is not a whole number of bytes") }
            guard bits / 8 == entry.end - entry.begin else {
                throw wrong(
                    "shape \(entry.shape) of \(entry.dtypeName) takes \(bits / 8) bytes, "
                        + "but its offsets span \(entry.end - entry.begin)")
            }
            guard entry.begin == end else {
                let what = entry.begin < end ? "overlaps" : "leaves a gap after"
                throw wrong("data at \(entry.begin) \(what) \(last), which ends at \(end)")
            }
            end = entry.end
            last = "\"\(entry.name)\""
        }
        guard end == dataCount else {
            throw .header(
                path: file.path, reason: "the tensors end at \(end), but \(dataCount) bytes of data follow the header")
        }
    }
}
