import AttendParity
import AttendRuntime
import Testing

/// What a kernel does to memory, and what it leaves undone.
@Suite struct GuardTests {
    private func failure(_ fault: any PlantedFault, _ name: String) throws -> CaseFailure? {
        failures(in: try ParityRun(backends: [FaultyBackend(simd, fault)]).report(on: [named(name)])).first
    }

    @Test(arguments: [0, 60, 4092]) func `a write past the end is found`(distance: Int) throws {
        let fault = MemoryFault("add") { run throws(BackendError) in
            guard let slice = run.outputs[0], let output = run.request.outputs[0] else { return }
            let end = slice.byteOffset + output.elementCount * 4 + distance
            try run.stream.copyIn(Tensor(1.5), to: BufferSlice(slice.buffer, byteOffset: end))
        }
        let failure = try #require(try failure(fault, "add[lhs=7x150,rhs=7x150,seed=0]"))
        #expect(failure.kind == .trespass)
        #expect(failure.message.contains("past the end"))
        #expect(failure.message.contains("the 4 bytes at offset \(4200 + distance) have changed"))
    }

    @Test func `a write before the beginning is found`() throws {
        let fault = MemoryFault("tanh") { run throws(BackendError) in
            guard let slice = run.outputs[0] else { return }
            try run.stream.copyIn(Tensor(1.5), to: BufferSlice(slice.buffer, byteOffset: slice.byteOffset - 8))
        }
        let failure = try #require(try failure(fault, "tanh[shape=17,seed=2]"))
        #expect(failure.kind == .trespass)
        #expect(failure.message.contains("wrote before buffer"))
        #expect(failure.message.contains("the 4 bytes at offset -8 have changed"))
    }

    @Test func `an input that is written over is found`() throws {
        let fault = MemoryFault("multiply") { run throws(BackendError) in
            guard let slice = run.inputs[1] else { return }
            try run.stream.copyIn(Tensor(0.25), to: slice)
        }
        let failure = try #require(try failure(fault, "multiply[lhs=7x150,rhs=7x150,seed=0]"))
        #expect(failure.kind == .trespass)
        #expect(failure.message.contains("overwritten"))
    }

    @Test(arguments: [
        "add[lhs=5x257,rhs=257,seed=3]", "less[lhs=17,rhs=17,seed=2]", "add[lhs=17,rhs=17,dtype=int32,seed=2]"
    ])
    func `an element that is not written is found, whatever lay there before`(name: String) throws {
        let subject = try named(name)
        // The last element keeps what was in the memory.
        let fault = MemoryFault(subject.operation) { run throws(BackendError) in
            guard let after = try run.output(), let before = run.before[0] else { return }
            try run.write(after.keepingLast(of: before))
        }
        let failure = try #require(try failure(fault, name))
        #expect(failure.kind == .wrong)
        #expect(failure.wrongCount == 1)
    }

    @Test func `a result that differs from run to run is found`() throws {
        // One last bit in every second run: well within any bound.
        let fault = ResultFault("exp") { values, run in if run.index == 1 { values[7] = values[7].nextUp } }
        let failure = try #require(try failure(fault, "exp[shape=17,seed=2]"))
        #expect(failure.kind == .notRepeatable)
        #expect(failure.message.contains("position 7"))
    }

    @Test func `a kernel that throws is a failure and not unsupported`() throws {
        let fault = MemoryFault("floor") { _ throws(BackendError) in
            throw .failed(backend: "simd", action: "floor", reason: "it rains")
        }
        let failure = try #require(try failure(fault, "floor[shape=17,seed=2]"))
        #expect(failure.kind == .error)
        #expect(failure.message.contains("it rains"))
    }
}

extension Tensor {
    fileprivate func keepingLast(of other: Tensor) -> Tensor {
        let storage: Storage =
            switch (self.storage, other.storage) {
            case (.float32(let mine), .float32(let theirs)): .float32(mine.dropLast() + theirs.suffix(1))
            case (.int32(let mine), .int32(let theirs)): .int32(mine.dropLast() + theirs.suffix(1))
            case (.bool(let mine), .bool(let theirs)): .bool(mine.dropLast() + theirs.suffix(1))
            default: preconditionFailure("the case has this dtype")
            }
        guard let tensor = try? Tensor(storage: storage, shape: shape) else { preconditionFailure("as many elements") }
        return tensor
    }
}
