import AttendParity

/// Mutations of bytes, independent of their meaning.
enum ByteMutations {
    static let strangers: [(name: String, bytes: [UInt8])] = [
        ("an empty file", []),
        (
            "a git-LFS pointer",
            Array("version https://git-lfs.github.com/spec/v1\noid sha256:4665f8\nsize 90868376\n".utf8)
        ),
        ("an HTML page", Array("<!DOCTYPE html>\n<html><head><title>404</title></head></html>\n".utf8)),
        ("zeros", [UInt8](repeating: 0, count: 64)), ("a byte order mark", [0xEF, 0xBB, 0xBF]),
        ("UTF-16", [0xFF, 0xFE, 0x7B, 0, 0x7D, 0]), ("a zip", [0x50, 0x4B, 3, 4, 20, 0]), ("{}", [0x7B, 0x7D]),
        ("[]", [0x5B, 0x5D]), ("null", Array("null".utf8))
    ]

    static func apply(to bytes: inout [UInt8], _ numbers: inout SeededNumbers) -> String {
        guard !bytes.isEmpty else {
            bytes = [UInt8(truncatingIfNeeded: numbers.next())]
            return "one byte"
        }
        let at = numbers.below(bytes.count)
        switch numbers.below(8) {
        case 0, 1:
            bytes[at] ^= 1 << UInt8(numbers.below(8))
            return "a bit of byte \(at) flipped"
        case 2:
            bytes[at] = numbers.pick([0, 0xFF, 0x7F, 0x80, 0x22, 0x5C, 0x7B, 0x7D, 0x2C, 0xED])
            return "byte \(at) is \(bytes[at])"
        case 3:
            bytes.removeSubrange(at...)
            return "cut off at \(at)"
        case 4:
            let end = min(bytes.count, at + 1 + numbers.below(16))
            bytes.removeSubrange(at..<end)
            return "without bytes \(at)..<\(end)"
        case 5:
            let end = min(bytes.count, at + 1 + numbers.below(64))
            bytes.insert(contentsOf: bytes[at..<end], at: at)
            return "bytes \(at)..<\(end) twice"
        case 6:
            bytes.insert(
                contentsOf: (0..<(1 + numbers.below(9))).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }, at: at)
            return "noise at \(at)"
        default:
            let stranger = numbers.pick(strangers.indices.map { $0 })
            bytes = strangers[stranger].bytes
            return strangers[stranger].name
        }
    }
}

/// Mutations of the parts of a safetensors file.
enum TensorMutations {
    /// Changes only numbers: the file remains valid.
    static func data(_ tensors: inout DraftTensors, _ numbers: inout SeededNumbers) -> String? {
        guard tensors.data.count >= 4 else { return nil }
        let at = numbers.below(tensors.data.count / 4) * 4
        let patterns: [UInt32] = [
            0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0x7F7F_FFFF, 0x0000_0001, 0x8000_0000, 0x0101_0101, 0xFFFF_FFFF,
            0x7C00_7C00
        ]
        guard numbers.chance(0.5) else {
            tensors.data[at] ^= 1 << UInt8(numbers.below(8))
            return "a bit of the data flipped at \(at)"
        }
        let pattern = numbers.pick(patterns)
        for byte in 0..<4 { tensors.data[at + byte] = UInt8(truncatingIfNeeded: pattern >> (8 * byte)) }
        return "data \(at)..<\(at + 4) is 0x\(String(pattern, radix: 16))"
    }

    /// Changes the order of tensors, whitespace or metadata: the file remains valid.
    static func order(_ tensors: inout DraftTensors, _ numbers: inout SeededNumbers) -> String? {
        guard case .object(let members) = tensors.header, members.count > 1 else { return nil }
        switch numbers.below(3) {
        case 0:
            tensors.header = .object(members.reversed())
            return "the header in reverse"
        case 1:
            tensors.header["__metadata__"] = numbers.pick([
                .object([]), .object([.init("a", .string("b"))]), .object([.init("format", .number(1))]), .null,
                .array([])
            ])
            return "other metadata"
        default:
            let blanks = String(repeating: " ", count: 1 + numbers.below(64))
            tensors.header = .raw(String(decoding: tensors.header.bytes, as: UTF8.self) + blanks)
            return "blanks after the header"
        }
    }

    static func length(_ tensors: inout DraftTensors, _ numbers: inout SeededNumbers) -> String {
        let honest = UInt64(tensors.header.bytes.count)
        let lengths: [UInt64] = [
            0, 1, honest &+ 1, honest &- 1, honest + 4096, .max, .max - 7, 1 << 63, (1 << 63) - 1, 100_000_001,
            99_999_999
        ]
        let claimed = numbers.pick(lengths)
        tensors.claimedLength = claimed
        return "the header's length is \(claimed)"
    }
}
