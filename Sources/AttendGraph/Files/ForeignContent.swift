/// Recognizes, by its first bytes, the content that a failed download leaves in place of a file.
package enum ForeignContent {
    /// Number of bytes examined.
    package static let probeByteCount = 512

    /// A phrase such as "a git-LFS pointer, …"; nil if not recognized.
    package static func description(of bytes: [UInt8]) -> String? {
        let front = bytes.prefix(probeByteCount).drop { [0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
        func begins(with text: String) -> Bool {
            front.count >= text.utf8.count
                && zip(front, text.utf8).allSatisfy { lowercased($0) == lowercased($1) }
        }
        if begins(with: "version https://git-lfs") {
            return "a git-LFS pointer, not the file itself: fetch it with `git lfs pull`, or download it again"
        }
        if ["<!doctype", "<html", "<head", "<?xml"].contains(where: begins) {
            return "a web page, not the file itself: the download went wrong"
        }
        if begins(with: "PK\u{3}\u{4}") {
            return "a zip archive, as PyTorch's torch.save writes: save the model as safetensors"
        }
        if ["entry not found", "not found", "repository not found", "access to ", "invalid "].contains(where: begins) {
            let line = front.prefix { $0 >= 0x20 && $0 < 0x7F }.prefix(60)
            return "a server's answer, not the file itself: \"\(String(decoding: line, as: UTF8.self))\""
        }
        return nil
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
