import AttendRuntime

/// A test case for backends: an operation with sizes, values and a seed.
///
/// Its name contains all of its settings and can be parsed again:
///
///     attention[b=2,hq=6,hkv=2,l=17,s=33,d=40,causal,bool-mask,seed=91]
///
/// The word before the bracket is the operation; the brackets contain settings, `key=value` or a flag, without those
/// that have their default value. Shapes are written `2x3` (`scalar` for none), lists `0:-1`.
public struct ParityCase: Sendable, Hashable {
    /// The operation's name, without its version.
    public let operation: String
    /// The settings by key; a flag has an empty value.
    let settings: [String: String]

    init(_ operation: String, _ settings: [String: String] = [:]) {
        self.operation = operation
        self.settings = settings
    }

    /// Parses a name.
    ///
    /// - Throws: ``CaseError`` for an invalid name, and for settings that the operation does not have or that exclude
    ///   each other.
    public init(parsing name: String) throws(CaseError) {
        guard let open = name.firstIndex(of: "["), name.last == "]", open > name.startIndex else {
            throw CaseError(name, "expected the form operation[key=value,flag,…]")
        }
        let operation = String(name[..<open])
        guard CaseCatalog.family(of: operation) != nil else {
            throw CaseError(
                name,
                """
                there are no cases of "\(operation)"; known operations: \
                \(CaseCatalog.operations.joined(separator: " "))
                """)
        }
        let known = CaseCatalog.keys(of: operation)
        var settings: [String: String] = [:]
        let body = name[name.index(after: open)...].dropLast()
        for word in body.split(separator: ",") {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = String(parts[0])
            guard known.contains(key) else {
                throw CaseError(
                    name, "\(operation) has no setting \"\(key)\"; known settings: \(known.joined(separator: " "))")
            }
            guard settings[key] == nil else { throw CaseError(name, "\"\(key)\" is set twice") }
            settings[key] = parts.count == 2 ? String(parts[1]) : ""
        }
        self.init(operation, settings)
        _ = try build()
    }

    /// The name, with all settings.
    public var name: String {
        let keys = CaseCatalog.keys(of: operation)
        let words = keys.compactMap { key in settings[key].map { $0.isEmpty ? key : "\(key)=\($0)" } }
        return "\(operation)[\(words.joined(separator: ","))]"
    }

    /// Whether its values are of a kind that can leave results without a bound.
    var hasSpecialValues: Bool {
        ["values", "other-values"].contains { key in
            settings[key].flatMap(CaseValues.init(rawValue:)).map(CaseValues.openKinds.contains) ?? false
        }
    }

    /// The same settings with other values.
    func redrawn(_ drawing: Int) throws(CaseError) -> ParityCase {
        var settings = settings
        settings[ParityCase.seedKey] = "\(try CaseReader(self).seed + drawing * 1_000_003)"
        return ParityCase(operation, settings)
    }

    /// Builds the graph and its inputs; for a crowd, those of its first member.
    package func build() throws(CaseError) -> BuiltCase {
        if isCrowd {
            guard let first = try members(atMost: 1).first else {
                throw CaseError(name, "no case of \(operation) runs in a crowd")
            }
            return first.built
        }
        guard let family = CaseCatalog.family(of: operation) else {
            throw CaseError(name, "there are no cases of \"\(operation)\"")
        }
        let reader = CaseReader(self)
        var built = try family.build(reader)
        built.runCount = try reader.size(ParityCase.runsKey, default: 1, atLeast: 1)
        guard built.runCount <= 10_000 else {
            throw reader.error("runs must be at most 10000, found \(built.runCount)")
        }
        guard (1...1024).contains(try reader.size(ParityCase.threadsKey, default: 1, atLeast: 1)) else {
            throw reader.error("threads must be at most 1024, found \(settings[ParityCase.threadsKey] ?? "")")
        }
        return built
    }

    /// The setting for the minimum number of runs, common to all operations.
    static let runsKey = "runs"

    var isRepeated: Bool { settings[ParityCase.runsKey] != nil }

    /// The setting for the backend's number of threads, common to all operations; by default that of the run.
    static let threadsKey = "threads"

    /// The number of threads of the backend that the case needs; nil for the run's.
    package var threadCount: Int? { settings[ParityCase.threadsKey].flatMap { Int($0) } }

    /// The setting for the number of cases whose kernels are all alive at once, common to all operations.
    static let crowdKey = "crowd"

    /// Whether this is a crowd: several cases of one operation, whose kernels are made, run and freed in mixed order.
    package var isCrowd: Bool { settings[ParityCase.crowdKey] != nil }

    /// The members of a crowd: cases of the operation's grid, chosen by the seed, some twice with another attribute or with other constants.
    ///
    /// - Throws: ``CaseError`` for settings that a crowd does not have.
    package func crowd() throws(CaseError) -> [ParityCase] { try members().map(\.subject) }

    /// A member of a crowd, built.
    typealias Member = (subject: ParityCase, built: BuiltCase)

    /// The first members of a crowd; all of them by default.
    func members(atMost limit: Int = .max) throws(CaseError) -> [Member] {
        let reader = CaseReader(self)
        for key in settings.keys where key != ParityCase.crowdKey && key != ParityCase.seedKey {
            throw reader.error("a crowd has the settings crowd and seed only, found \"\(key)\"")
        }
        let count = try reader.size(ParityCase.crowdKey, default: 1, atLeast: 1)
        guard count <= 100 else { throw reader.error("crowd must be at most 100, found \(count)") }
        let seed = try reader.seed
        let grid = CaseCatalog.family(of: operation)?.grid(of: operation) ?? []
        // Those with few elements in most cases.
        let small = CaseDimension.allCases.filter { $0 != .sizes && $0 != .exactSums }
        var pool = (grid + CaseDimension.cases(of: operation, in: small)).map { $0.shifted(by: seed &* 1009) }
        let others = pool
        var numbers = SeededNumbers(seed, "crowd of \(operation)")
        var members: [Member] = []
        while members.count < min(count, limit), !pool.isEmpty {
            // A third of them with constants: caches by type alone show in these.
            let constants = members.count % 3 == 0 ? pool.indices.filter { pool[$0].hasConstants } : []
            let member = pool.remove(at: constants.isEmpty ? numbers.below(pool.count) : numbers.pick(constants))
            let built = try member.build()
            guard built.fitsCrowd else { continue }
            members.append((member, built))
            if let twin = AttributeTwin.twin(of: member, built, among: others, &numbers) { members.append(twin) }
            // Requests that differ in the numbers of a constant alone.
            guard member.hasConstants else { continue }
            let twin = member.shifted(by: 1)
            members.append((twin, try twin.build()))
        }
        return members
    }

    private var hasConstants: Bool { settings.values.contains(CaseView.constant.rawValue) }

    /// The keys of settings that differ, but for the seed, in the order of names.
    static func differences(_ settings: [String: String], _ others: [String: String]) -> [String] {
        Set(settings.keys).union(others.keys).subtracting([seedKey]).filter { settings[$0] != others[$0] }.sorted()
    }

    /// The case with another seed, for other random values.
    func shifted(by offset: Int) -> ParityCase {
        guard offset != 0, let seed = settings["seed"].flatMap({ Int($0) }) else { return self }
        return with("seed", seed &+ offset)
    }
}

extension ParityCase: CustomStringConvertible {
    /// The name.
    public var description: String { name }
}

extension ParityCase {
    func with(_ key: String, _ value: String) -> ParityCase {
        ParityCase(operation, settings.merging([key: value]) { $1 })
    }

    func with(_ key: String, _ value: Int) -> ParityCase { with(key, "\(value)") }
    func with(_ key: String, _ shape: [Int]) -> ParityCase { with(key, CaseText.shape(shape)) }
    func with(_ key: String, list: [Int]) -> ParityCase { with(key, CaseText.list(list)) }
    func with(flag key: String) -> ParityCase { with(key, "") }
}

/// The format of lists in names.
enum CaseText {
    static func shape(_ shape: [Int]) -> String {
        shape.isEmpty ? "scalar" : shape.map(String.init).joined(separator: "x")
    }

    static func list(_ list: [Int]) -> String {
        list.isEmpty ? "none" : list.map(String.init).joined(separator: ":")
    }
}

/// An error in the name of a case.
public struct CaseError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The invalid name.
    public var name: String
    /// The problem.
    public var reason: String

    init(_ name: String, _ reason: String) {
        self.name = name
        self.reason = reason
    }

    /// The name and the reason, one line.
    public var description: String { ErrorText.shortened("\"\(name)\": \(reason)") }
}
