/// A planted fault, triggered by one kind of input, that a run must find.
package enum FuzzPlant: String, CaseIterable, Sendable {
    /// Crashes on the largest integer.
    case crash
    /// Loops forever on a zero.
    case hang
    /// Sleeps forever on a zero.
    case stall
    /// Allocates gigabytes on a large number.
    case allocation
    /// Calls `exit`, as a library might.
    case exit
    /// Returns a wrong result.
    case wrong
    /// Throws an error that names no file.
    case unhelpful
    /// Refuses valid files.
    case refusal

    func act(on made: FuzzBench.Made) throws {
        let texts = made.mutations.map(\.what)
        func turnsInto(_ suffixes: String...) -> Bool {
            texts.contains { text in suffixes.contains { text.hasSuffix("→ \($0)") } }
        }
        switch self {
        case .crash:
            guard turnsInto("9223372036854775807", "9223372036854775806") else { return }
            throw Wrong("\(made.mutations.count + FuzzPlant.largest) is not a number")
        case .hang:
            guard turnsInto("0") else { return }
            FuzzPlant.spin()
        case .stall:
            guard turnsInto("0") else { return }
            FuzzPlant.stall()
        case .allocation:
            guard turnsInto("2147483648", "4294967296", "1000000000000") else { return }
            let bytes = [UInt8](repeating: 1, count: 5 << 30)
            throw Wrong("\(bytes.count) bytes are there")
        case .exit: if turnsInto("-1") { FuzzPlant.leave() }
        case .wrong: if turnsInto("\"\"", "0", "1") { throw Wrong("a planted fault") }
        case .refusal: if made.isSound, made.mutationCount > 0 { throw FuzzError("a planted refusal") }
        case .unhelpful: if turnsInto("null") || texts.contains("null") { throw FuzzError("something is wrong") }
        }
    }
}
