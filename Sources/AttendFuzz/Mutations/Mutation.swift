/// One change to a draft, for reports and for checking messages.
struct Mutation: Sendable, Hashable {
    /// The changed file.
    var file: String
    /// The place in the file; nil for bytes and whole files.
    var place: DraftPlace?
    /// The description of the change.
    var what: String
    /// Texts one of which a message about this change must contain; empty if any message is accepted.
    var anchors: [String] = []
    /// Whether the file remains valid: an accepted file must still be accepted.
    var isSound = false

    /// The description in one line, without control characters.
    var description: String {
        let text = "\(file)\(place.map { " \($0.text)" } ?? ""): \(what)"
        let line = String(text.unicodeScalars.prefix(160).map { $0.properties.isPrintable ? Character($0) : "?" })
        return text.unicodeScalars.count > 160 ? line + "…" : line
    }
}

extension Unicode.Scalar.Properties {
    /// Whether it is a letter, punctuation, digit or space.
    fileprivate var isPrintable: Bool {
        switch generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
