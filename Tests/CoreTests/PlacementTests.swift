import AttendRuntime
import ReferenceBackend
import Synchronization
import Testing

/// Graphs divided between backends by what they are expected to cost.
@Suite struct PlacementTests {
    /// Every amount of a kind of work takes the same.
    private func profile(_ seconds: [DeviceProfile.Work: Double], otherwise: Double = 1) -> DeviceProfile {
        var curves: [DeviceProfile.Work: [DeviceProfile.Point]] = [:]
        for work in DeviceProfile.Work.allCases {
            curves[work] = [
                .init(amount: 1e11, seconds: seconds[work] ?? otherwise),
                .init(amount: 1e12, seconds: 10 * (seconds[work] ?? otherwise))
            ]
        }
        return DeviceProfile(device: "made up", curves: curves)
    }

    /// Nodes and flows at random, with some of everything: inputs, states, outputs, values that several read.
    private func costs(_ seed: Int, nodes: Int, backendIndices: Int) throws -> PlacementCosts {
        var numbers = try Draws(seed)
        let seconds = (0..<nodes).map { _ in
            (0..<backendIndices).map { _ in numbers.isBelow(0.1) ? 1e6 : 4 * numbers.next() }
        }
        var flows: [PlacementCosts.Flow] = []
        for node in -2..<nodes {
            let readers = (max(0, node + 1)..<nodes).filter { _ in numbers.isBelow(0.4) }
            flows.append(
                .init(
                    producer: node < 0 ? nil : node, backendIndex: node == -1 ? 0 : nil, consumers: readers,
                    byteCount: numbers.isBelow(0.5) ? 1e11 : 3e11, isOutput: numbers.isBelow(0.2)))
        }
        let profiles = (0..<backendIndices).map { _ in profile([.copy: 0.1 + 2 * numbers.next()]) }
        return PlacementCosts(seconds: seconds, flows: flows, profiles: profiles)
    }

    @Test func `of two backends the best division is found, as trying all of them shows`() throws {
        let count = 9
        for seed in 1...40 {
            let costs = try costs(seed, nodes: count, backendIndices: 2)
            let partition = Partition(costs, backendCount: 2)
            let all = (0..<1 << count).map { bits in costs.total((0..<count).map { bits >> $0 & 1 }) }
            let least = try #require(all.min())
            #expect(abs(partition.seconds - least) < 1e-9 * (1 + least), "seed \(seed)")
            #expect(abs(costs.total(partition.backendIndices) - partition.seconds) < 1e-9 * (1 + least), "seed \(seed)")
            #expect(partition.firstSeconds == costs.total(Array(repeating: 0, count: count)), "seed \(seed)")
        }
    }

    @Test func `of three, one that no trade of two and no single backend betters`() throws {
        let (count, backendIndices) = (7, 3)
        for seed in 1...20 {
            let costs = try costs(seed, nodes: count, backendIndices: backendIndices)
            let partition = Partition(costs, backendCount: backendIndices)
            try #require(partition.backendIndices.count == count, "seed \(seed)")
            for home in 0..<backendIndices {
                let alone = costs.total(Array(repeating: home, count: count))
                #expect(partition.seconds <= alone + 1e-9, "seed \(seed)")
                for node in 0..<count {
                    var other = partition.backendIndices
                    other[node] = home
                    #expect(partition.seconds <= costs.total(other) + 1e-9, "seed \(seed)")
                }
            }
        }
    }

    // MARK: Programs

    private func program(_ profiles: [DeviceProfile]) throws -> Program {
        let pair = ["first", "second"].map { ForeignMemoryBackend(makeReference(), named: $0) { _ in true } }
        return try Program(SampleBlock.graph(), on: pair[0], fallingBackTo: [pair[1]], placing: .byCost(profiles))
    }

    /// How many kernels each runs, and how many copies there are.
    private func counts(_ program: Program) throws -> (first: Int, second: Int, copies: Int) {
        let inputs = try SampleBlock.inputs(batch: 2, tokens: 5)
        let session = try program.makeSession()
        #expect(try session.run(inputs) == Program(SampleBlock.graph(), on: makeReference()).makeSession().run(inputs))
        let places = try session.plan(for: inputs).placements
        let kernels = places.filter { $0.source == nil }
        return (
            kernels.count { $0.backend == "first" }, kernels.count { $0.backend == "second" },
            places.count { $0.source != nil }
        )
    }

    @Test func `each kind of work goes where it is fast, unless the copies cost more`() throws {
        func slowAtProducts(_ copy: Double) -> DeviceProfile {
            profile([.product: 9, .thinProduct: 9, .matmul: 9, .copy: copy], otherwise: 0.1)
        }
        let fastAtProducts = profile([.copy: 0.01])
        let mixed = try counts(program([fastAtProducts, slowAtProducts(0.01)]))
        #expect(mixed.first > 0, "\(mixed)")
        #expect(mixed.second > 0, "\(mixed)")
        #expect(mixed.copies > 0, "\(mixed)")
        let dear = try counts(program([fastAtProducts, slowAtProducts(1e4)]))
        #expect(dear.second == 0, "\(dear)")
        #expect(dear.copies == 0, "\(dear)")
        // Where the named backend is slower at everything, it runs nothing.
        let slow = try counts(program([profile([.copy: 0.01], otherwise: 5), profile([.copy: 0.01], otherwise: 0.1)]))
        #expect(slow.first == 0, "\(slow)")
        #expect(slow.second > 0, "\(slow)")
    }

    @Test func `the forecast tells what the named way would take, and each placement why it is there`() throws {
        let program = try program([profile([.copy: 0.01], otherwise: 5), profile([.copy: 0.01], otherwise: 0.1)])
        let inputs = try SampleBlock.inputs(batch: 2, tokens: 5)
        let plan = try program.makeSession().plan(for: inputs)
        let forecast = try #require(plan.forecast)
        #expect(try program.forecast(symbols: plan.symbols) == forecast)
        #expect(try forecast.seconds < #require(forecast.namedSeconds))
        #expect(forecast.nodeCounts[0] == 0)
        #expect(forecast.nodeCounts[1] > 0)
        #expect(plan.placements.count { $0.source == nil } > 10)
        for place in plan.placements where place.source == nil {
            #expect(place.reason?.contains("second") == true, "\(place)")
        }
        #expect(try Program(SampleBlock.graph(), on: makeReference()).forecast(symbols: plan.symbols) == nil)
    }

    @Test func `placement is computed once: neither the forecast nor a run offers a node again`() throws {
        let backends = ["first", "second"].map { ForeignMemoryBackend(makeReference(), named: $0) }
        let profiles = [profile([.copy: 0.01], otherwise: 5), profile([.copy: 0.01], otherwise: 0.1)]
        let program = try Program(
            SampleBlock.graph(), on: backends[0], fallingBackTo: [backends[1]], placing: .byCost(profiles))
        let (session, inputs) = (try program.makeSession(), try SampleBlock.inputs(batch: 2, tokens: 5))
        let plan = try session.plan(for: inputs)
        let offers = backends.map { $0.offers.withLock(\.count) }
        #expect(offers.allSatisfy { $0 > 0 })
        #expect(try program.forecast(symbols: plan.symbols) == plan.forecast)
        _ = try session.run(inputs)
        #expect(backends.map { $0.offers.withLock(\.count) } == offers)
        #expect(program.planCount == 1)
    }

    @Test func `what a backend can't run is not given to it, however cheap it would be`() throws {
        let first = ForeignMemoryBackend(makeReference(), named: "first") { $0 == "matmul.v1" }
        let second = ForeignMemoryBackend(makeReference(), named: "second") { $0 != "matmul.v1" }
        let profiles = [profile([.copy: 0.01], otherwise: 0.001), profile([.copy: 0.01], otherwise: 7)]
        let program = try Program(SampleBlock.graph(), on: first, fallingBackTo: [second], placing: .byCost(profiles))
        let found = try counts(program)
        #expect(found.first > 0)
        #expect(found.second > 0)
        for place in try program.makeSession().plan(for: SampleBlock.inputs(batch: 1, tokens: 3)).placements
        where place.source == nil {
            #expect((place.backend == "first") == (place.operation == "matmul.v1") || place.reason != nil)
        }
    }
}

/// Numbers from 0 to 1, the same for the same seed.
private struct Draws {
    private let numbers: [Float]
    private var index = 0

    init(_ seed: Int) throws { numbers = try Tensor(uniform: [4096], in: 0...1, seed: seed).floats() }

    mutating func next() -> Double {
        index += 1
        return Double(numbers[index % numbers.count])
    }

    mutating func isBelow(_ share: Double) -> Bool { next() < share }
}
