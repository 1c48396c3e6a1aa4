/// The 256 visible scalars that stand for bytes in byte-level vocabularies (Radford et al. 2019, `bytes_to_unicode`).
enum ByteAlphabet {
    /// The scalar of each byte: printable ones stand for themselves, the others for U+0100 and the following.
    static let scalars: [Unicode.Scalar] = {
        var next: UInt32 = 0x100
        return (0...255).map { (byte: UInt32) -> Unicode.Scalar in
            let isPrintable =
                (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte)
            defer { if !isPrintable { next += 1 } }
            return Unicode.Scalar(isPrintable ? byte : next) ?? "\u{FFFD}"
        }
    }()

    private static let bytes: [Unicode.Scalar: UInt8] = Dictionary(
        uniqueKeysWithValues: scalars.enumerated().map { ($1, UInt8($0)) })

    /// A text as scalars that stand for its bytes.
    static func encoded(_ text: some Sequence<Unicode.Scalar>) -> [Unicode.Scalar] {
        text.flatMap { scalar in String(scalar).utf8.map { scalars[Int($0)] } }
    }

    /// The bytes of a token; its own UTF-8 where one of its scalars stands for no byte.
    static func decoded(_ token: String) -> [UInt8] {
        var found: [UInt8] = []
        for scalar in token.unicodeScalars {
            guard let byte = bytes[scalar] else { return Array(token.utf8) }
            found.append(byte)
        }
        return found
    }
}
