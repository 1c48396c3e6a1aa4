/// The reasons for which cases are in the catalog: their dimension, or that they are repeated or a crowd.
struct CaseTraits {
    /// The cases of dimensions without their seeds, by operation.
    private var known: [String: [ParityCase: CaseDimension]] = [:]

    /// A name such as `sizes`, `repeated` or `crowd`; nil for the other structured and random cases.
    mutating func name(of subject: ParityCase) -> String? {
        if subject.isCrowd { return "crowd" }
        if subject.isRepeated { return "repeated" }
        if subject.threadCount != nil { return "threads" }
        return dimensions(of: subject.operation)[subject.seedless]?.rawValue
    }

    private mutating func dimensions(of operation: String) -> [ParityCase: CaseDimension] {
        if let known = known[operation] { return known }
        var found: [ParityCase: CaseDimension] = [:]
        for dimension in CaseDimension.allCases {
            guard case .cases(let cases) = dimension.coverage(of: operation) else { continue }
            for subject in cases { found[subject.seedless] = found[subject.seedless] ?? dimension }
        }
        known[operation] = found
        return found
    }
}

extension ParityCase {
    /// The case without its seed, which differs between runs.
    fileprivate var seedless: ParityCase {
        ParityCase(operation, settings.filter { $0.key != ParityCase.seedKey })
    }

    /// An estimate of the work from the sizes in the name, without building the case; comparable within one operation.
    var estimatedWork: Int {
        let shapes = ["shape", "lhs", "rhs", "condition", "indices"].compactMap { settings[$0] }
        let sizes = [
            "b", "batch", "lhs-batch", "rhs-batch", "hq", "h", "l", "s", "d", "dv", "m", "k", "n", "rows", "in", "out",
            "width", "length", "context", "inner", "steps"
        ].compactMap { settings[$0] }
        let largest = shapes.map { ParityCase.product([$0]) }.max()
        var work = max(largest ?? 1, 1)
        // The length of an update is a part of its shape.
        if largest == nil { work = ParityCase.product(sizes) }
        // All runs and members count, with sizes that the name of a crowd does not have.
        let runs = settings[ParityCase.runsKey].flatMap { Int($0) } ?? 1
        let members = settings[ParityCase.crowdKey].flatMap { Int($0) } ?? 0
        return work.saturated(by: max(1, runs / 8)).saturated(by: max(1, members * 1000))
    }

    /// The product of all numbers; 0 counts as 1.
    private static func product(_ texts: [String]) -> Int {
        texts.flatMap { $0.split(separator: "x") }.reduce(1) { $0.saturated(by: max(1, Int($1) ?? 1)) }
    }
}

extension Int {
    /// The product, or the largest number if it is larger.
    fileprivate func saturated(by factor: Int) -> Int {
        let (product, isLarger) = multipliedReportingOverflow(by: factor)
        return isLarger ? .max : product
    }
}
