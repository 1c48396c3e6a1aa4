/// One change to a draft, as it is told and as messages are searched for it.
struct Mutation: Sendable, Hashable {
    /// The file that was changed.
    var file: String
    /// Where in it; nil for bytes and whole files.
    var place: DraftPlace?
    /// What was done.
    var what: String
    /// Texts one of which a message about this change has to hold; none where any message will do.
    var anchors: [String] = []
    /// Whether the file is as sound as before: what was accepted still has to be.
    var isSound = false

    /// One line, without anything that steers a terminal.
    var description: String {
        let text = "\(file)\(place.map { " \($0.text)" } ?? ""): \(what)"
        let line = String(text.unicodeScalars.prefix(160).map { $0.properties.isPrintable ? Character($0) : "?" })
        return text.unicodeScalars.count > 160 ? line + "…" : line
    }
}

extension Unicode.Scalar.Properties {
    /// Letters, marks of writing, digits, and the blank.
    fileprivate var isPrintable: Bool {
        switch generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
