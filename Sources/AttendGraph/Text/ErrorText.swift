/// Shortening of error messages that quote a file's content.
package enum ErrorText {
    /// Maximum bytes of a message that is not shortened.
    private static let limit = 1_000

    /// The message; beyond ``limit`` its beginning and end, such as for one that quotes a name of a megabyte.
    package static func shortened(_ message: String) -> String {
        guard message.utf8.count > limit else { return message }
        let scalars = message.unicodeScalars
        let (head, tail) = (fitting(scalars, limit / 2), fitting(scalars.reversed(), limit / 10))
        return "\(text(head)) … (\(message.utf8.count) bytes) … \(text(tail.reversed()))"
    }

    /// The longest prefix of at most `byteCount` bytes.
    private static func fitting(_ scalars: some Sequence<Unicode.Scalar>, _ byteCount: Int) -> [Unicode.Scalar] {
        var rest = byteCount
        return Array(
            scalars.prefix(while: { scalar in
                rest -= UTF8.width(scalar)
                return rest >= 0
            }))
    }

    private static func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
