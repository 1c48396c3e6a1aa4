import AttendRuntime

/// A misunderstood attribute.
enum MutantAttribute: Sendable, CustomStringConvertible {
    /// Not read: the default, or absent.
    case ignored
    /// The other choice of a bool or a word.
    case other(Int)
    case plus(Int)
    case negated
    case scaled
    case reversed, sorted, shortened

    var description: String {
        switch self {
        case .ignored: "ignored"
        case .other(let index): "taken for another choice (\(index))"
        case .plus(let number): "off by \(number)"
        case .negated: "negated"
        case .scaled: "off by 1/128"
        case .reversed: "in reverse order"
        case .sorted: "sorted"
        case .shortened: "without its first entry"
        }
    }

    /// The misunderstood attributes; nil where the mistake can't be made.
    func changed(_ given: Attributes, _ name: String, _ schema: OperationSchema.Attribute?) -> Attributes? {
        var attributes = given
        let value = given[name]
        switch (self, value) {
        case (.ignored, .some): attributes[name] = schema?.defaultValue
        case (.other, .bool(let flag)): attributes[name] = .bool(!flag)
        case (.other(let index), .string(let word)):
            let others = (schema?.choices ?? []).filter { $0 != word }
            guard !others.isEmpty else { return nil }
            attributes[name] = .string(others[index % others.count])
        case (.plus(let number), .integer(let value)): attributes[name] = .integer(value &+ number)
        case (.plus(let number), .sizes(let sizes)):
            // Both ends of a slice move, or both sides of a padding, and the shape stays.
            func moved(_ sizes: [Size], by number: Int) -> AttributeValue {
                .sizes(sizes.map { $0.constant.map { Size($0 &+ number) } ?? $0 })
            }
            attributes[name] = moved(sizes, by: number)
            switch (name, given["ends"], given["after"]) {
            case ("starts", .sizes(let ends), _): attributes["ends"] = moved(ends, by: number)
            case ("before", _, .sizes(let after)): attributes["after"] = moved(after, by: -number)
            case (_, _, _): return nil
            }
        case (.negated, .integer(let value)): attributes[name] = .integer(0 &- value)
        case (.negated, .number(let value)): attributes[name] = .number(-value)
        case (.scaled, .number(let value)): attributes[name] = .number(value * (1 + 1 / 128))
        case (.reversed, .integers(let list)): attributes[name] = .integers(list.reversed())
        case (.sorted, .integers(let list)): attributes[name] = .integers(list.sorted())
        case (.shortened, .integers(let list)): attributes[name] = .integers(Array(list.dropFirst()))
        case (_, _): return nil
        }
        return attributes == given ? nil : attributes
    }
}
