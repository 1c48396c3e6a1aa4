/// The special tokens around a text, or around the texts of a pair.
struct TextTemplate: Sendable {
    /// An element of a template.
    enum Part: Sendable {
        case special(ids: [Int], typeID: Int)
        case text(isPair: Bool, typeID: Int)
    }
}
