import AttendRuntime

extension TokenizerParts {
    /// Reads the special tokens around texts.
    mutating func readPostProcessor(_ node: JSONNode) throws {
        try node.expectType(["TemplateProcessing", "BertProcessing", "RobertaProcessing", "ByteLevel", "Sequence"])
        func special(_ name: String, _ type: Int) throws -> TextTemplate.Part {
            let node = try node.required(name)
            let parts = try node.elements()
            guard parts.count == 2 else { throw node.unexpected("a token and its id") }
            return .special(ids: [try knownID(parts[1])], typeID: type)
        }
        switch try node.required("type").string() {
        case "BertProcessing":
            try node.allowKeys(["type", "sep", "cls"])
            single = [try special("cls", 0), .text(isPair: false, typeID: 0), try special("sep", 0)]
            pair = single + [.text(isPair: true, typeID: 1), try special("sep", 1)]
        case "RobertaProcessing":
            try node.allowKeys(["type", "sep", "cls", "trim_offsets", "add_prefix_space"])
            let end = try special("sep", 0)
            single = [try special("cls", 0), .text(isPair: false, typeID: 0), end]
            pair = single + [end, .text(isPair: true, typeID: 0), end]
        case "ByteLevel":
            // It changes only offsets.
            try node.allowKeys(["type", "add_prefix_space", "trim_offsets", "use_regex"])
        case "Sequence":
            try node.allowKeys(["type", "processors"])
            let list = try node.required("processors")
            let parts = try list.elements().filter { try $0.required("type").string() != "ByteLevel" }
            guard parts.count <= 1 else { throw list.unexpected("at most one processor that adds tokens") }
            for part in parts { try readPostProcessor(part) }
        default:
            try node.allowKeys(["type", "single", "pair", "special_tokens"])
            let specials = try node.required("special_tokens")
            single = try template(node.required("single"), specials, [false])
            pair = try template(node.required("pair"), specials, [false, true])
        }
    }

    /// An id that belongs to a token.
    private func knownID(_ node: JSONNode) throws -> Int {
        let id = try node.tokenID()
        guard vocabulary.texts[id] != nil || added.contains(id) else {
            throw node.unexpected("the id of a token")
        }
        return id
    }

    /// Parses a template.
    ///
    /// - Parameter texts: For each expected text, whether it is the second of a pair.
    private func template(
        _ node: JSONNode, _ specials: JSONNode, _ texts: [Bool]
    ) throws -> [TextTemplate.Part] {
        let parts = try node.elements().map { part -> TextTemplate.Part in
            try part.allowKeys(["Sequence", "SpecialToken"])
            if let text = try part.optional("Sequence") {
                let id = try text.required("id")
                guard ["A", "B"].contains(try id.string()) else { throw id.unexpected("\"A\" or \"B\"") }
                return .text(
                    isPair: try id.string() == "B", typeID: try text.required("type_id").integer(atLeast: 0))
            }
            let special = try part.required("SpecialToken")
            let ids = try specials.required(try special.required("id").string()).required("ids").elements()
            return .special(
                ids: try ids.map(knownID), typeID: try special.required("type_id").integer(atLeast: 0))
        }
        let found = parts.compactMap { part in if case .text(let isPair, _) = part { isPair } else { nil } }
        guard found.count == texts.count, Set(found) == Set(texts) else {
            throw node.unexpected("each text once: \(texts.count == 1 ? "A" : "A and B")")
        }
        return parts
    }
}
