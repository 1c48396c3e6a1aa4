import AttendRuntime

/// The sides of truncation and padding.
struct SequenceSides {
    let cutsStart: Bool
    let padsStart: Bool

    /// The sides in one file; nil if not set.
    struct Settings {
        var cutsStart: Bool?
        var padsStart: Bool?

        init() {}

        /// `truncation_side` and `padding_side`.
        init(_ node: JSONNode) throws(JSONError) {
            cutsStart = try Settings.isStart(node.optional("truncation_side"), "left", "right")
            padsStart = try Settings.isStart(node.optional("padding_side"), "left", "right")
        }

        /// The directions of a `tokenizer.json`.
        init(tokenizer node: JSONNode) throws(JSONError) {
            cutsStart = try Settings.isStart(node.optional("truncation")?.optional("direction"), "Left", "Right")
            padsStart = try Settings.isStart(node.optional("padding")?.optional("direction"), "Left", "Right")
        }

        private static func isStart(_ node: JSONNode?, _ left: String, _ right: String) throws(JSONError) -> Bool? {
            guard let node else { return nil }
            let side = try node.string()
            guard side == left || side == right else { throw node.unexpected("\"\(left)\" or \"\(right)\"") }
            return side == left
        }
    }

    /// The first setting of each, else the right side.
    init(_ settings: [Settings]) {
        cutsStart = settings.lazy.compactMap(\.cutsStart).first ?? false
        padsStart = settings.lazy.compactMap(\.padsStart).first ?? false
    }
}
