import AttendRuntime

extension JSONNode {
    /// A Boolean setting as Python reads it: true and false, 1 and 0; null is false. `fallback` if the key is missing.
    func flag(_ key: String, default fallback: Bool) throws(JSONError) -> Bool {
        _ = try members()
        switch value[key] {
        case nil: return fallback
        case .bool(let flag): return flag
        case .null, .integer(0): return false
        case .integer(1): return true
        case .some(let other):
            throw .type(path: path.isEmpty ? key : "\(path).\(key)", expected: "true or false", found: other.text)
        }
    }

    /// Throws for keys other than `known`: they may change the result.
    func allowKeys(_ known: Set<String>) throws(JSONError) {
        for (key, node) in try members() where !known.contains(key) {
            throw .type(
                path: node.path, expected: "one of the settings \(known.sorted().joined(separator: ", "))",
                found: "an unknown setting\(Nearest.hint(for: key, among: known.sorted()))")
        }
    }

    /// An integer of at least `least`.
    func integer(atLeast least: Int) throws(JSONError) -> Int {
        guard case .integer(let number) = value, number >= least else {
            throw .type(path: path, expected: "a whole number of at least \(least)", found: value.text)
        }
        return number
    }

    /// An error about this node.
    func unexpected(_ expected: String) -> JSONError { .type(path: path, expected: expected, found: value.text) }
}

extension JSONValue {
    /// The value for error messages; short values verbatim.
    var text: String {
        switch self {
        case .null: "null"
        case .bool(let flag): "\(flag)"
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .string(let text): "\"\(text.prefix(60))\""
        case .array(let values): "a list of \(values.count)"
        case .object: "an object"
        }
    }
}
