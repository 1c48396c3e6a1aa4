/// A reader of the fields of one message in the wire format of protocol buffers
/// (https://protobuf.dev/programming-guides/encoding). Groups are rejected.
struct ProtobufReader {
    enum Content {
        case number(UInt64)
        case bytes(ArraySlice<UInt8>)
        /// Four or eight bytes, little-endian.
        case fixed(UInt64)
    }

    struct Malformed: Error, CustomStringConvertible {
        var description: String
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The next field; nil at the end of the message.
    mutating func next() throws(Malformed) -> (field: Int, content: Content)? {
        guard !rest.isEmpty else { return nil }
        let place = rest.startIndex
        let key = try varint()
        guard key >> 3 > 0, key >> 3 < 1 << 29 else { throw Malformed(description: "byte \(place): no field") }
        let content: Content
        switch key & 7 {
        case 0: content = .number(try varint())
        case 1: content = .fixed(try fixed(8))
        case 2:
            let count = try varint()
            guard count <= UInt64(rest.count) else {
                throw Malformed(description: "byte \(place): a field of \(count) bytes, \(rest.count) are left")
            }
            content = .bytes(rest.prefix(Int(count)))
            rest = rest.dropFirst(Int(count))
        case 5: content = .fixed(try fixed(4))
        default: throw Malformed(description: "byte \(place): the wire type \(key & 7) is not supported")
        }
        return (Int(key >> 3), content)
    }

    private mutating func varint() throws(Malformed) -> UInt64 {
        var (value, shift) = (UInt64(0), UInt64(0))
        let place = rest.startIndex
        while shift < 64, let byte = rest.popFirst() {
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw Malformed(description: "byte \(place): a number without an end")
    }

    private mutating func fixed(_ count: Int) throws(Malformed) -> UInt64 {
        guard rest.count >= count else { throw Malformed(description: "the message ends in a number") }
        let value = rest.prefix(count).reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        rest = rest.dropFirst(count)
        return value
    }
}

extension ProtobufReader.Content {
    var number: UInt64? { if case .number(let number) = self { number } else { nil } }
    var bytes: ArraySlice<UInt8>? { if case .bytes(let bytes) = self { bytes } else { nil } }
    var float: Float? {
        if case .fixed(let bits) = self { Float(bitPattern: UInt32(truncatingIfNeeded: bits)) } else { nil }
    }
    /// Valid UTF-8.
    var text: String? { bytes.flatMap { String(validating: $0, as: UTF8.self) } }
}
