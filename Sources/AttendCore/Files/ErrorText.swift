/// Messages about files, which quote what stands in them.
package enum ErrorText {
    /// Bytes up to which a message is read by anybody.
    private static let limit = 1_000

    /// The message; of a long one, as a name of a megabyte makes it, its beginning and its end.
    package static func shortened(_ message: String) -> String {
        guard message.utf8.count > limit else { return message }
        let scalars = message.unicodeScalars
        let (head, tail) = (String(scalars.prefix(limit / 2)), String(scalars.suffix(limit / 10)))
        return "\(head) … (\(message.utf8.count) bytes) … \(tail)"
    }
}
