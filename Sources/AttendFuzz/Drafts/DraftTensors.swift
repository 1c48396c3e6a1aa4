import AttendRuntime

/// A safetensors file in memory, possibly invalid.
struct DraftTensors: Sendable, Hashable {
    struct Entry: Sendable {
        var name: String
        /// The dtype in the format's spelling.
        var dtype: String
        var shape: [Int]
        var bytes: [UInt8]
    }

    var header: DraftValue
    var data: [UInt8]
    /// A replacement for the header's length.
    var claimedLength: UInt64?

    init(_ entries: [Entry], metadata: [String: String]? = ["format": "pt"]) {
        var members: [DraftValue.Member] = []
        if let metadata {
            members.append(
                .init(
                    "__metadata__",
                    .object(metadata.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })))
        }
        data = []
        for entry in entries {
            let begin = data.count
            data += entry.bytes
            members.append(
                .init(
                    entry.name,
                    .object([
                        .init("dtype", .string(entry.dtype)),
                        .init("shape", .array(entry.shape.map(DraftValue.number))),
                        .init("data_offsets", .array([.number(begin), .number(data.count)]))
                    ])))
        }
        header = .object(members)
    }

    /// Parses a file's bytes; nil if they are not safetensors.
    init?(bytes: [UInt8]) {
        guard bytes.count >= 8 else { return nil }
        let length = bytes[..<8].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(bytes.count - 8),
            let value = try? JSONValue(parsing: Array(bytes[8..<(8 + Int(length))]))
        else { return nil }
        header = DraftValue(value)
        data = Array(bytes[(8 + Int(length))...])
    }

    var bytes: [UInt8] {
        let text = header.bytes
        let length = claimedLength ?? UInt64(text.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + text + data
    }
}
