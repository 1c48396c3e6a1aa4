import AttendRuntime

/// Graphs with states over several runs of one session: a key/value cache that grows and is written again from an
/// earlier position, two states that change places, and a counter. Each run has its own number of queries.
struct StateGraphCases: CaseFamily {
    let operations = ["stateful_graph"]

    func keys(of operation: String) -> [String] {
        ["b", "hq", "hkv", "d", "capacity", "queries", "back", "window", "seed"]
    }

    private func session(
        _ b: Int, _ hq: Int, _ hkv: Int, _ d: Int, _ capacity: Int, _ queries: [Int], back: Int = 0
    ) -> ParityCase {
        ParityCase("stateful_graph").with("b", b).with("hq", hq).with("hkv", hkv).with("d", d)
            .with("capacity", capacity).with("queries", list: queries).with("back", back)
    }

    func grid(of operation: String) -> [ParityCase] {
        [
            session(1, 2, 2, 8, 32, [5, 1, 1, 3, 1]), session(2, 4, 2, 16, 40, [17, 1, 1, 1, 4, 1], back: 3),
            session(1, 3, 1, 10, 12, [1, 1, 1, 1, 1, 1, 1, 1], back: 1).with("window", 3),
            session(3, 2, 1, 4, 9, [2, 2, 5], back: 9), session(1, 8, 2, 64, 300, [129, 1, 33, 1, 1], back: 40),
            session(1, 1, 1, 2, 70, Array(repeating: 1, count: 60))
        ].enumerated().map { $1.with("seed", $0) }
    }

    func seeded(_ operation: String, _ seed: Int) -> ParityCase {
        var numbers = SeededNumbers(seed, operation)
        let shared = 1 + numbers.below(2)
        let queries = (0..<2 + numbers.below(6)).map { _ in numbers.chance(0.6) ? 1 : 1 + numbers.below(20) }
        let total = queries.reduce(0, +)
        let result = session(
            1 + numbers.below(3), shared * (1 + numbers.below(4)), shared, 2 * (1 + numbers.below(12)),
            total + numbers.below(30), queries, back: numbers.chance(0.5) ? 0 : numbers.below(total))
        return (numbers.chance(0.3) ? result.with("window", 1 + numbers.below(12)) : result).with("seed", seed)
    }

    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        let batch = try reader.size("b", default: 1, atLeast: 1)
        let shared = try reader.size("hkv", default: 1, atLeast: 1)
        let heads = try reader.size("hq", default: shared, atLeast: 1)
        let d = try reader.size("d", default: 2, atLeast: 1)
        let queries = try reader.list("queries")
        guard queries.count <= 1000, queries.allSatisfy({ 1...1 << 20 ~= $0 }) else {
            throw reader.error("queries must be up to 1000 numbers from 1 to 1048576, found \(CaseText.list(queries))")
        }
        let capacity = try reader.size("capacity", default: queries.reduce(0) { $0 &+ $1 }, atLeast: 1)
        let places = try places(of: queries, capacity, reader)
        let window = try reader.optionalInteger("window")
        if let window, window < 1 { throw reader.error("window must be at least 1, found \(window)") }
        try reader.check("the cache", [batch, shared, capacity, d])
        let graph = CaseGraph(reader)
        try graph.make { () throws(GraphError) in
            try StateGraphCases.declare(
                in: graph.builder, batch: batch, heads: heads, shared: shared, d: d, capacity: capacity,
                window: window)
        }
        var built = try graph.finished([])
        func runs(_ stream: String) throws(CaseError) -> [[String: Tensor]] {
            var numbers = SeededNumbers(try reader.seed, stream)
            return zip(queries, places).map { count, place in
                func tensor(_ heads: Int) -> Tensor {
                    CaseValues.normal.tensor(.float32, [batch, heads, count, d], &numbers)
                }
                // The sequences of a batch have other lengths, from 1 up.
                let lengths = (0..<batch).map { place + count - min($0, count - 1) }
                return [
                    "query": tensor(heads), "key": tensor(shared), "value": tensor(shared),
                    "start": Tensor(indices: [place], .int32, []), "lengths": Tensor(indices: lengths, .int64, [batch])
                ]
            }
        }
        built.setRuns(try runs("runs"), others: try runs(CaseGraph.other("runs")))
        return built
    }

    /// The position of each run's first query. Before the last run, `back` positions are given up, as for rejected
    /// tokens.
    private func places(of queries: [Int], _ capacity: Int, _ reader: CaseReader) throws(CaseError) -> [Int] {
        let back = try reader.size("back", default: 0)
        var (places, next): ([Int], Int) = ([], 0)
        for (index, count) in queries.enumerated() {
            if index == queries.count - 1 { next = max(0, next - back) }
            places.append(next)
            next += count
            guard next <= capacity else {
                throw reader.error("the queries need a capacity of \(next), found \(capacity)")
            }
        }
        return places
    }

    private static func declare(
        in builder: GraphBuilder, batch: Int, heads: Int, shared: Int, d: Int, capacity: Int, window: Int?
    ) throws(GraphError) {
        let count = Size.symbol("queries")
        func input(_ name: String, _ heads: Int) throws(GraphError) -> Value {
            try builder.input(name, TensorType(.float32, [Size(batch), Size(heads), count, Size(d)]))
        }
        let (query, key, value) = (try input("query", heads), try input("key", shared), try input("value", shared))
        let start = try builder.input("start", TensorType(.int32, [Int]()))
        let lengths = try builder.input("lengths", TensorType(.int64, [batch]))
        func cache(_ name: String, _ update: Value) throws(GraphError) -> Value {
            let state = try builder.state(name, .float32, [Size(batch), Size(shared), Size(capacity), Size(d)])
            let next = try state.updatingSlice(with: update, start: start, axis: 2)
            try builder.update(state, with: next)
            return next
        }
        let (keys, values) = (try cache("keys", key), try cache("values", value))
        var attributes: Attributes = ["causal": .bool(true)]
        if let window { attributes["window"] = .integer(window) }
        let attended = try builder.apply(
            "attention",
            inputs: [
                "query": query, "key": keys, "value": values, "key_lengths": lengths, "query_offset": start
            ], attributes: attributes)[0]
        try builder.output("output", attended)
        // Each takes the other's place: neither may be written before both are read.
        let near = try builder.state("near", .float32, [Size(d)])
        let far = try builder.state("far", .float32, [Size(d)])
        let sum = try query.sum(axes: [0, 1, 2])
        try builder.update(near, with: far)
        try builder.update(far, with: builder.apply(.tanh, [near + sum * 0.125]))
        try builder.output("near", near)
        let runs = try builder.state("runs", .int64, [Size]())
        let next = try builder.apply(.add, [runs, builder.constant(Tensor(indices: [1], .int64, []))])
        try builder.update(runs, with: next)
        try builder.output("runs", next)
    }
}
