import AttendRuntime
import Foundation
import ReferenceBackend
import TestSupport
import Testing

/// States that are read, set, copied, saved, and updated where they are.
@Suite struct StateTests {
    /// A cache of rows that grows by one a run.
    private static func cache(readsOldValue: Bool = false) throws -> Graph {
        let builder = GraphBuilder("cache")
        let row = try builder.input("row", .float32, [1, 2])
        let place = try builder.input("place", .int64, [])
        let cache = try builder.state("cache", .float32, ["capacity", 2])
        let filled = try cache.updatingSlice(with: row, start: place, axis: 0)
        try builder.update(cache, with: filled)
        try builder.output("sum", filled.sum(axes: [0]))
        if readsOldValue { try builder.output("before", cache.sum(axes: [0])) }
        return try builder.build()
    }

    private static func run(_ session: Session, _ numbers: [Float], at place: Int) throws -> [Float] {
        let results = try session.run(["row": Tensor(numbers, shape: [1, 2]), "place": Tensor(place)])
        return try #require(results["sum"]).floats()
    }

    @Test(arguments: [StateMemory.exchanged, .inPlace]) func `states are read and set`(memory: StateMemory) throws {
        let program = Program(try Self.cache(), on: makeReference(), stateMemory: memory)
        let session = try program.makeSession(symbols: ["capacity": 3])
        expectError(RunError.self, saying: "\"cache\"", "before the first run") { try session.state("cache") }
        expectError(RunError.self, saying: "\"cach\"", "cache") { try session.state("cach") }
        #expect(try Self.run(session, [1, 2], at: 0) == [1, 2])
        #expect(try Self.run(session, [10, 20], at: 2) == [11, 22])
        #expect(try session.state("cache") == Tensor([1, 2, 0, 0, 10, 20] as [Float], shape: [3, 2]))
        let other = try session.clone()
        try session.setState("cache", to: Tensor([5, 5, 5, 5, 5, 5] as [Float], shape: [3, 2]))
        #expect(try Self.run(session, [1, 1], at: 1) == [11, 11])
        #expect(try Self.run(other, [100, 200], at: 1) == [111, 222])
        for wrong in [
            try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2]),
            try Tensor([Int64](repeating: 1, count: 6), shape: [3, 2])
        ] {
            expectError(RunError.self, saying: "\"cache\"", "float32[3, 2]") {
                try session.setState("cache", to: wrong)
            }
        }
        session.reset()
        #expect(try Self.run(session, [1, 2], at: 0) == [1, 2])
    }

    @Test func `a state set before the first run gives its symbols' sizes`() throws {
        let session = try Program(Self.cache(), on: makeReference()).makeSession(symbols: ["capacity": 1])
        try session.setState("cache", to: Tensor([1, 2, 3, 4] as [Float], shape: [2, 2]))
        #expect(session.symbols == ["capacity": 2])
        #expect(try session.state("cache").floats() == [1, 2, 3, 4])
        #expect(try Self.run(session, [10, 10], at: 1) == [11, 12])
        expectError(RunError.self, saying: "\"cache\"") {
            let fresh = try Program(Self.cache(), on: makeReference()).makeSession(symbols: ["capacity": 1])
            try fresh.setState("cache", to: Tensor([1, 2, 3] as [Float], shape: [1, 3]))
        }
    }

    @Test func `a state set before the first run grows as one behind it`() throws {
        let session = try Program(Self.cache(), on: makeReference()).makeSession(symbols: ["capacity": 1])
        try session.setState("cache", to: Tensor([1, 2, 3, 4] as [Float], shape: [2, 2]))
        #expect(try session.reserve("capacity", atLeast: 3) == 4)
        #expect(try session.state("cache").floats() == [1, 2, 3, 4, 0, 0, 0, 0])
        #expect(try Self.run(session, [10, 10], at: 3) == [14, 16])
        expectError(RunError.self, saying: "\"cache\"") { try session.grow(["capacity": 1]) }
        // A copy that has not run.
        let fresh = try Program(Self.cache(), on: makeReference()).makeSession(symbols: ["capacity": 1])
        try fresh.setState("cache", to: Tensor([1, 2, 3, 4] as [Float], shape: [2, 2]))
        let copy = try fresh.clone()
        try copy.reserve("capacity", atLeast: 3)
        #expect(try Self.run(copy, [5, 5], at: 2) == [9, 11])
    }

    @Test func `states are saved and loaded`() throws {
        let folder = NSTemporaryDirectory() + "attend-states-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let program = Program(try Self.cache(), on: makeReference(), stateMemory: .inPlace)
        let session = try program.makeSession(symbols: ["capacity": 4])
        _ = try Self.run(session, [1, 2], at: 3)
        try session.saveStates(to: "\(folder)/states.safetensors")
        // Of a new session, and of one that has run.
        let fresh = try program.makeSession(symbols: ["capacity": 1])
        try fresh.loadStates(from: "\(folder)/states.safetensors")
        #expect(try Self.run(fresh, [10, 20], at: 0) == [11, 22])
        try session.loadStates(from: "\(folder)/states.safetensors")
        #expect(try session.state("cache").floats() == [0, 0, 0, 0, 0, 0, 1, 2])
        try SafetensorsFile.write(["other": Tensor(zeros: [4, 2])], to: "\(folder)/other.safetensors")
        expectError(SafetensorsError.self, saying: "cache") {
            try session.loadStates(from: "\(folder)/other.safetensors")
        }
        try SafetensorsFile.write(["cache": Tensor(zeros: [5, 2])], to: "\(folder)/wide.safetensors")
        expectError(RunError.self, saying: "float32[4, 2]") {
            try session.loadStates(from: "\(folder)/wide.safetensors")
        }
    }

    @Test func `an update in place holds the state once`() throws {
        func plan(_ memory: StateMemory, readsOldValue: Bool = false) throws -> Plan {
            try Program(Self.cache(readsOldValue: readsOldValue), on: makeReference(), stateMemory: memory)
                .makeSession(symbols: ["capacity": 1000])
                .plan(for: ["row": Tensor(zeros: [1, 2]), "place": Tensor(0)])
        }
        #expect(try plan(.exchanged).memory.stateByteCount == 2 * 8000)
        #expect(try plan(.inPlace).memory.stateByteCount == 8000)
        #expect(try plan(.inPlace).memory.workingByteCount < 100)
        // The sum of the old value is computed first or last; either way the results are right.
        let session = try Program(
            Self.cache(readsOldValue: true), on: makeReference(), stateMemory: .inPlace
        ).makeSession(symbols: ["capacity": 2])
        for step in 0..<2 {
            let results = try session.run(["row": Tensor([1, 2] as [Float], shape: [1, 2]), "place": Tensor(step)])
            #expect(try results["before"]?.floats() == [Float(step), Float(2 * step)])
            #expect(try results["sum"]?.floats() == [Float(step + 1), Float(2 * step + 2)])
        }
    }

    @Test func `after a failure in place, the session is refused until a reset`() throws {
        let session = try Program(Self.cache(), on: makeReference(), stateMemory: .inPlace)
            .makeSession(symbols: ["capacity": 2])
        #expect(try Self.run(session, [1, 2], at: 0) == [1, 2])
        for _ in 0..<2 {
            expectError(RunError.self, saying: "update_slice", "index 2") { _ = try Self.run(session, [1, 1], at: 2) }
        }
        expectError(RunError.self, saying: "index 2") { _ = try Self.run(session, [1, 1], at: 1) }
        session.reset()
        #expect(try Self.run(session, [3, 4], at: 1) == [3, 4])
    }
}
