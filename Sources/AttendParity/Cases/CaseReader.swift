import AttendRuntime

/// A reader of a case's settings, with their defaults and limits.
struct CaseReader {
    let subject: ParityCase

    init(_ subject: ParityCase) { self.subject = subject }

    /// The maximum number of elements of a tensor in a case.
    private static let elementLimit = 1 << 25

    func error(_ reason: String) -> CaseError { CaseError(subject.name, reason) }

    func has(_ key: String) -> Bool { subject.settings[key] != nil }

    func flag(_ key: String) throws(CaseError) -> Bool {
        guard let text = subject.settings[key] else { return false }
        guard text.isEmpty else { throw error("\(key) is a flag and takes no value") }
        return true
    }

    /// Throws if a setting is there that another one leaves without a meaning.
    func refuse(_ keys: [String], beside other: String) throws(CaseError) {
        for key in keys where has(key) { throw error("\(key) has no meaning beside \(other)") }
    }

    func optionalInteger(_ key: String) throws(CaseError) -> Int? {
        guard let text = subject.settings[key] else { return nil }
        guard let number = Int(text), number.magnitude < 1 << 40 else {
            throw error("\(key) must be a whole number, found \"\(text)\"")
        }
        return number
    }

    func integer(_ key: String, default value: Int) throws(CaseError) -> Int { try optionalInteger(key) ?? value }

    /// A size between the limits.
    func size(_ key: String, default value: Int, atLeast least: Int = 0) throws(CaseError) -> Int {
        let number = try integer(key, default: value)
        guard (least...CaseReader.elementLimit).contains(number) else {
            throw error("\(key) must be between \(least) and \(CaseReader.elementLimit), found \(number)")
        }
        return number
    }

    func number(_ key: String) throws(CaseError) -> Double? {
        guard let text = subject.settings[key] else { return nil }
        guard let number = Double(text) else { throw error("\(key) must be a number, found \"\(text)\"") }
        return number
    }

    func shape(_ key: String) throws(CaseError) -> [Int] {
        guard let text = subject.settings[key] else { throw error("\(key) is missing, such as \(key)=2x3") }
        if text == "scalar" { return [] }
        let sizes = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard sizes.allSatisfy({ $0 != nil && $0 ?? -1 >= 0 }) else {
            throw error("\(key) must be a shape such as 2x3, found \"\(text)\"")
        }
        let shape = sizes.compactMap(\.self)
        try check(key, shape)
        return shape
    }

    /// Throws for a tensor with too many elements; the product of sizes that are each within their limit may be too
    /// large.
    func check(_ name: String, _ shape: [Int]) throws(CaseError) {
        guard (try? Tensor.elementCount(of: shape.map { max($0, 1) })) ?? .max <= CaseReader.elementLimit else {
            throw error(
                "\(name) \(CaseText.shape(shape)) has more elements than a case may have, \(CaseReader.elementLimit)")
        }
    }

    func optionalList(_ key: String) throws(CaseError) -> [Int]? {
        guard let text = subject.settings[key] else { return nil }
        if text == "none" { return [] }
        let numbers = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.allSatisfy({ $0 != nil }) else {
            throw error("\(key) must be a list such as 0:2, found \"\(text)\"")
        }
        return numbers.compactMap(\.self)
    }

    func list(_ key: String) throws(CaseError) -> [Int] {
        guard let list = try optionalList(key) else { throw error("\(key) is missing, such as \(key)=0:2") }
        return list
    }

    /// A setting with the values of an enumeration.
    func word<Word: RawRepresentable<String> & CaseIterable>(_ key: String, default value: Word) throws(CaseError)
        -> Word
    {
        guard let text = subject.settings[key] else { return value }
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: " ")
            throw error("\(key) must be one of \(words), found \"\(text)\"")
        }
        return word
    }

    func dtype(_ key: String = "dtype", default value: DType = .float32) throws(CaseError) -> DType {
        try word(key, default: value)
    }

    var seed: Int {
        get throws(CaseError) { try integer("seed", default: 1) }
    }

    /// A scalar of an integer type, and another one next to it for the other values.
    ///
    /// - Throws: ``CaseError`` for a number that the type does not hold.
    func scalars(_ key: String, _ number: Int, _ dtype: DType) throws(CaseError) -> (own: Tensor, other: Tensor) {
        let range = dtype == .int32 ? Int(Int32.min)...Int(Int32.max) : Int.min...Int.max
        guard range.contains(number) else { throw error("\(key) must fit in \(dtype), found \(number)") }
        let other = number == range.upperBound ? number - 1 : number + 1
        return (Tensor(indices: [number], dtype, []), Tensor(indices: [other], dtype, []))
    }
}
