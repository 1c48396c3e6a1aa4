/// Messages about files, which quote what stands in them.
package enum ErrorText {
    /// Bytes up to which a message is read by anybody.
    private static let limit = 1_000

    /// The message; of a long one, as a name of a megabyte makes it, its beginning and its end.
    package static func shortened(_ message: String) -> String {
        guard message.utf8.count > limit else { return message }
        let scalars = message.unicodeScalars
        let (head, tail) = (fitting(scalars, limit / 2), fitting(scalars.reversed(), limit / 10))
        return "\(text(head)) … (\(message.utf8.count) bytes) … \(text(tail.reversed()))"
    }

    /// The first scalars, of so many bytes at most.
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
