import AttendRuntime

extension ParityReport {
    /// A backend's support of one operation on one dtype, by the cases it accepted and refused.
    public struct Claim: Sendable, Hashable {
        /// The backend's name.
        public let backend: String
        /// The operation's name.
        public let operation: String
        /// The dtype; for a cast both, such as `float32 to int64`.
        public let dtype: String
        /// The number of accepted cases with correct results.
        public internal(set) var passed = 0
        /// The number of accepted cases with errors, and of invalid refusals.
        public internal(set) var failed = 0
        /// The number of refused cases.
        public internal(set) var refused = 0
        /// The number of inconclusive cases, accepted or not.
        public internal(set) var notRun = 0

        /// Whether a kernel was prepared in the audit, independent of cases.
        public internal(set) var isAudited = false

        /// Whether the backend claims the pair, in a case or in the audit.
        public var isMade: Bool { isTouched || isAudited }
        /// Whether a case ran it.
        public var isTouched: Bool { passed + failed > 0 }
        /// Whether some cases are accepted and others refused.
        public var isPartial: Bool { isMade && refused > 0 }
    }

    /// The claims, in the order of the cases. A claim holds if none of its cases failed and all were run.
    public var claims: [Claim] {
        var claims: [Claim] = []
        var places: [[String]: Int] = [:]
        // Members of a crowd have cases of their own.
        for result in results where !result.subject.isCrowd {
            let key = [result.backend, result.subject.operation, result.subject.dtypes]
            let place = places[key] ?? claims.count
            if place == claims.count {
                places[key] = place
                claims.append(Claim(backend: key[0], operation: key[1], dtype: key[2]))
            }
            switch result.outcome.verdict {
            case .passed: claims[place].passed += 1
            case .failed: claims[place].failed += 1
            case .unsupported: claims[place].refused += 1
            case .notRun: claims[place].notRun += 1
            }
        }
        for (backend, pairs) in audits.sorted(by: { $0.key < $1.key }) {
            for pair in pairs {
                let key = [backend, pair.operation, pair.dtype]
                let place = places[key] ?? claims.count
                if place == claims.count {
                    places[key] = place
                    claims.append(Claim(backend: backend, operation: pair.operation, dtype: pair.dtype))
                }
                claims[place].isAudited = true
            }
        }
        return claims
    }

    /// The claims of a backend that no case of this run checked.
    public func untouched(_ backend: String) -> [Claim] {
        guard audits[backend] != nil else { return [] }
        return claims.filter { $0.backend == backend && $0.isMade && !$0.isTouched }
    }

    /// A line such as `simd claims 60 of 83 pairs of operation and dtype, 2 of them in part: matmul on float16, …`.
    func claimLine(_ backend: String) -> String {
        let all = claims.filter { $0.backend == backend }
        let partial = all.filter(\.isPartial).map { "\($0.operation) on \($0.dtype)" }
        let line = "\(backend) claims \(all.count { $0.isMade }) of \(all.count) pairs of operation and dtype"
        let untouched = untouched(backend)
        guard untouched.isEmpty else {
            let names = untouched.map { "\($0.operation) on \($0.dtype)" }.joined(separator: ", ")
            return "\(line)\nUNTOUCHED: \(backend) claims pairs that no case of this run covers: \(names)"
        }
        guard !partial.isEmpty else { return line }
        let more = partial.count > 6 ? ", …" : ""
        return "\(line), \(partial.count) of them in part: \(partial.prefix(6).joined(separator: ", "))\(more)"
    }

    var claimsJSON: JSONValue {
        .array(
            claims.map { claim in
                .object([
                    .init("backend", .string(claim.backend)), .init("operation", .string(claim.operation)),
                    .init("dtype", .string(claim.dtype)), .init("passed", .integer(claim.passed)),
                    .init("failed", .integer(claim.failed)), .init("refused", .integer(claim.refused)),
                    .init("not_run", .integer(claim.notRun)), .init("touched", .bool(claim.isTouched)),
                    .init("claimed", .bool(claim.isMade))
                ])
            })
    }
}

extension ParityCase {
    /// The dtype in the case's name; float32 by default.
    var dtypes: String {
        if let from = settings["from"], let to = settings["to"], operation == "cast" { return "\(from) to \(to)" }
        return settings["dtype"] ?? "float32"
    }
}
