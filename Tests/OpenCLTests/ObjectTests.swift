import AttendRuntime
import OpenCLBackend
import TestSupport
import Testing

/// Whatever is taken from the driver is given back.
@Suite(.backend("opencl")) struct ObjectTests {
    @Test func `all objects are released, those of failed runs and of profiles too`() throws {
        let ledger = ObjectLedger()
        let small = try SmallGraph()
        do {
            let folder = try TemporaryFolder()
            let backend = try OpenCLBackend(
                .init(cache: ProgramCache(folder: folder.path), isProfiling: true, ledger: ledger))
            let session = try Program(small.graph, on: backend).makeSession()
            for _ in 0..<3 { _ = try session.run(small.inputs) }
            var bad = small.inputs
            bad["tokens"] = try Tensor([3, 9, 4, 1, 5] as [Int64], shape: [5])
            expectError(RunError.self, saying: "gather", "9") { try session.run(bad) }
            _ = try session.run(small.inputs)
            #expect(ledger[.kernel] > 3)
            #expect(ledger[.queue] == 1)
            #expect(ledger[.context] == 1)
            #expect(ledger[.buffer] > 0)
            // Events go as soon as their times are read.
            #expect(ledger[.event] == 0)
        }
        #expect(ledger.total == 0)
        for kind in ObjectLedger.Kind.allCases { #expect(ledger[kind] == 0, "\(kind)") }
    }

    @Test func `a part of a processor serves many backends, all else of which is released`() throws {
        let ledger = ObjectLedger()
        do {
            for _ in 0..<3 {
                let backend = try OpenCLBackend(.init(device: nil, threads: 1, ledger: ledger))
                #expect(try SmallGraph().run(on: backend).count == 80)
                if backend.device.instructionSet == "cpu" { #expect(backend.device.threads == 1) }
            }
        }
        #expect(ledger.total == 0)
    }

    @Test func `many sessions at once share programs, and have their own queues`() async throws {
        let ledger = ObjectLedger()
        let small = try SmallGraph()
        do {
            let backend = try OpenCLBackend(.init(ledger: ledger))
            let program = Program(small.graph, on: backend)
            let expected = try program.makeSession().run(small.inputs)
            try await withThrowingTaskGroup(of: [String: Tensor].self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let session = try program.makeSession()
                        for _ in 0..<5 { _ = try session.run(small.inputs) }
                        return try session.run(small.inputs)
                    }
                }
                for try await result in group { #expect(result == expected) }
            }
        }
        #expect(ledger.total == 0)
    }

    @Test func `the profile times every launch by operation and kernel`() throws {
        let small = try SmallGraph()
        let backend = try OpenCLBackend(.init(isProfiling: true))
        let session = try Program(small.graph, on: backend).makeSession()
        for _ in 0..<4 { _ = try session.run(small.inputs) }
        let entries = try #require(backend.profile).entries
        #expect(entries.contains { $0.name.hasPrefix("attention/") && $0.count == 4 && $0.nanoseconds > 0 })
        #expect(entries.contains { $0.name == "gather/gather_rows" && $0.count == 4 })
        #expect(entries == entries.sorted { $0.nanoseconds > $1.nanoseconds })
        #expect(try OpenCLBackend().profile == nil)
    }
}
