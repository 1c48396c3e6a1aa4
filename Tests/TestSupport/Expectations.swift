public import Testing

/// Records an issue for another count, for nothing to compare, and for the first number further than `bound`, or than
/// `share` of the expected magnitude, from the expected one. NaN is near nothing; an infinity is near itself alone.
public func expectNear<Number: BinaryFloatingPoint>(
    _ found: some Collection<Number>, _ expected: some Collection<Number>, within bound: Number, share: Number = 0,
    _ label: @autoclosure () -> String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
    guard found.count == expected.count, !expected.isEmpty else {
        Issue.record(
            "\(label()) found \(found.count) numbers, expected \(expected.count), and at least 1",
            sourceLocation: sourceLocation)
        return
    }
    for (index, (value, goal)) in zip(found, expected).enumerated() where value != goal {
        let allowed = bound + share * goal.magnitude
        // Written so that NaN fails, and an infinite goal allows nothing.
        guard goal.isFinite, (value - goal).magnitude <= allowed else {
            Issue.record(
                "\(label()) [\(index)] is \(value), expected \(goal) within \(allowed)", sourceLocation: sourceLocation)
            return
        }
    }
}

/// Expects an error of this type whose text has all of `words`.
public func expectError<Failure: Error, Value>(
    _ type: Failure.Type, saying words: String..., sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Value
) {
    expectError(type, saying: words, sourceLocation: sourceLocation, body)
}

/// Expects an error of this type whose text has all of `words`.
public func expectError<Failure: Error, Value>(
    _ type: Failure.Type, saying words: [String], sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Value
) {
    guard let error = #expect(throws: type, sourceLocation: sourceLocation, performing: body) else { return }
    let text = "\(error)"
    for word in words { #expect(text.contains(word), sourceLocation: sourceLocation) }
}
