import AttendRuntime

extension ParityReport {
    /// What a backend says of one operation on one dtype, by what it took and what it refused.
    public struct Claim: Sendable, Hashable {
        public let backend: String
        public let operation: String
        /// Of a cast, both: `float32 to int64`.
        public let dtype: String
        /// Taken, and right.
        public internal(set) var passed = 0
        /// Taken and wrong, or refused in a way that is no refusal.
        public internal(set) var failed = 0
        public internal(set) var refused = 0
        /// Taken or not, nothing was learnt.
        public internal(set) var notRun = 0

        /// A kernel was prepared when it was asked for apart from cases.
        public internal(set) var isAudited = false

        public var isMade: Bool { isTouched || isAudited }
        /// A case ran it.
        public var isTouched: Bool { passed + failed > 0 }
        /// Some cases are taken and some refused.
        public var isPartial: Bool { isMade && refused > 0 }
    }

    /// The claims, in the order of the cases. A claim is kept when nothing of it failed and nothing was not run.
    public var claims: [Claim] {
        var claims: [Claim] = []
        var places: [[String]: Int] = [:]
        for result in results {
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

    /// What the backend takes and no case of this run touched: nobody knows whether it is right.
    public func untouched(_ backend: String) -> [Claim] {
        guard audits[backend] != nil else { return [] }
        return claims.filter { $0.backend == backend && $0.isMade && !$0.isTouched }
    }

    /// Such as `simd claims 60 of 83 pairs of operation and dtype, 2 of them in part: matmul on float16, …`.
    func claimLine(_ backend: String) -> String {
        let all = claims.filter { $0.backend == backend }
        let partial = all.filter(\.isPartial).map { "\($0.operation) on \($0.dtype)" }
        let line = "\(backend) claims \(all.count { $0.isMade }) of \(all.count) pairs of operation and dtype"
        let untouched = untouched(backend)
        guard untouched.isEmpty else {
            let names = untouched.map { "\($0.operation) on \($0.dtype)" }.joined(separator: ", ")
            return "\(line)\nUNTOUCHED: \(backend) takes what no case of this run touched: \(names)"
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
    /// What it computes on, as names of cases say it: float32 where they say nothing.
    var dtypes: String {
        if let from = settings["from"], let to = settings["to"], operation == "cast" { return "\(from) to \(to)" }
        return settings["dtype"] ?? "float32"
    }
}
