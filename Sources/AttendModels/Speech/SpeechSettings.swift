import AttendRuntime

/// Whisper's settings: how a prompt names the language, the task and whether there are timestamps.
public struct SpeechSettings: Sendable, Hashable {
    /// The tokens of languages, `<|en|>`, with their ids; empty for a model of one language.
    public var languages: [String: Int] = [:]
    /// The tokens of `transcribe` and `translate`; empty for a model of one language.
    public var tasks: [String: Int] = [:]
    /// The token after which there are no timestamps; timestamps begin at the next id. Nil for a model without them.
    public var noTimestampsID: Int?
    /// Heads whose cross-attention follows the sound, as layer and head; empty if none are named.
    public var alignmentHeads: [[Int]] = []
    /// The largest first timestamp, in steps of 0.02 s; nil for none.
    public var maximumFirstTimestamp: Int?
    /// Whether the model knows several languages.
    public var isMultilingual = false
    /// The language to transcribe without being asked, such as `en`; nil to detect it.
    public var language: String?
    /// Whether to translate to English without being asked.
    public var translates = false

    static let keys: Set<String> = [
        "lang_to_id", "task_to_id", "no_timestamps_token_id", "alignment_heads", "max_initial_timestamp_index",
        "is_multilingual", "forced_decoder_ids", "language", "task", "return_timestamps", "prev_sot_token_id"
    ]

    /// Settings of a model of one language without timestamps.
    static let none = SpeechSettings()

    private init() {}

    /// Nil for settings without any of Whisper's.
    init?(_ root: JSONNode, vocabularySize size: Int) throws {
        func present(_ key: String) throws -> JSONNode? {
            guard let node = try root.optional(key), node.value != .null else { return nil }
            return node
        }
        let nodes = try ["lang_to_id", "task_to_id", "no_timestamps_token_id", "alignment_heads"].compactMap(present)
        guard !nodes.isEmpty else { return nil }
        func ids(_ key: String) throws -> [String: Int] {
            var ids: [String: Int] = [:]
            for (name, node) in try present(key)?.members() ?? [] {
                ids[name] = try GenerationConfiguration.token(node, size)
            }
            return ids
        }
        languages = try ids("lang_to_id")
        tasks = try ids("task_to_id")
        noTimestampsID = try present("no_timestamps_token_id").map { try GenerationConfiguration.token($0, size) }
        alignmentHeads =
            try present("alignment_heads")?.elements().map { pair in
                let numbers = try pair.elements().map { try $0.integer(atLeast: 0) }
                guard numbers.count == 2 else { throw pair.unexpected("a layer and a head") }
                return numbers
            } ?? []
        maximumFirstTimestamp = try present("max_initial_timestamp_index")?.integer(atLeast: 0)
        isMultilingual = try root.flag("is_multilingual", default: !languages.isEmpty)
        language = try present("language")?.string().unmarked
        switch try present("task")?.string() {
        case nil, "transcribe": break
        case "translate": translates = true
        case .some(let task):
            throw JSONError.type(path: "task", expected: "transcribe or translate", found: "\"\(task)\"")
        }
        try readForced(present("forced_decoder_ids"))
    }

    /// The language and the task that old files name by their tokens; as in transformers, `language` and `task` precede.
    private mutating func readForced(_ node: JSONNode?) throws {
        let isNamed = language != nil || translates
        for pair in try node?.elements() ?? [] where !isNamed {
            guard let last = try pair.elements().last else { throw pair.unexpected("a place and an id") }
            guard last.value != .null else { continue }
            let id = try last.integer()
            if let name = languages.first(where: { $0.value == id })?.key {
                language = name.unmarked
            } else if let task = tasks.first(where: { $0.value == id })?.key {
                translates = task == "translate"
            } else if id != noTimestampsID {
                // Without timestamps is the caller's choice.
                throw last.unexpected("the token of a language, a task or <|notimestamps|>")
            }
        }
    }
}

extension String {
    /// The text between `<|` and `|>`, else the text itself.
    var unmarked: String { hasPrefix("<|") && hasSuffix("|>") ? String(dropFirst(2).dropLast(2)) : self }
}
