import CSIMDSupport
import Synchronization

/// State shared by the callers and the workers of a pool.
///
/// In a call, the caller acquires `busy`, writes `job`, opens `gate`, and increments `epoch`, which wakes the workers.
/// A worker enters through the gate, takes chunks from `next` until none is left, and leaves. The caller does the same,
/// then closes the gate and waits only for the workers inside: a worker that arrives later finds the gate closed and
/// goes back to sleep.
///
/// `@unchecked Sendable`: `job`, the only plain state, is written by the holder of `busy` while the gate is closed and
/// no worker is inside, and read by workers that are inside. Opening (release) and entering (acquire) order the write
/// before the reads; leaving (release) and the caller's wait (acquire) order the reads before the next write.
final class Shared: @unchecked Sendable {
    private let busy = Atomic<Bool>(false)
    private let next = Atomic<Int>(0)
    /// Bit 31: open. The other bits: number of workers inside.
    private let gate = FutexWord()
    /// Incremented by each call and by ``stop()``; the workers sleep on it.
    private let epoch = FutexWord()
    private let sleepers = Atomic<Int>(0)
    private let stopping = Atomic<Bool>(false)
    private var job: Job?

    private static let open: UInt32 = 1 << 31
    /// Short, since the machine may be shared, and waking a sleeping worker costs its caller only some microseconds.
    private static let workerSpins = 1000
    private static let callerSpins = 500

    func acquire() -> Bool {
        busy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
    }

    func release() { busy.store(false, ordering: .releasing) }

    // MARK: The caller

    func run(_ job: Job, helpers: Int) {
        self.job = job
        next.store(0, ordering: .relaxed)
        gate.word.pointee.store(Self.open, ordering: .releasing)
        announce(min(helpers, job.chunks - 1))
        takeChunks(job)
        close()
        self.job = nil
    }

    private func announce(_ wanted: Int) {
        epoch.word.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)
        if sleepers.load(ordering: .sequentiallyConsistent) > 0 { epoch.wake(wanted) }
    }

    /// Closes the gate and waits until no worker is inside.
    private func close() {
        var inside = gate.word.pointee.bitwiseAnd(~Self.open, ordering: .acquiringAndReleasing).newValue
        var spins = 0
        while inside != 0 {
            if spins < Self.callerSpins {
                spins += 1
                attend_pause()
            } else {
                gate.wait(whileEqualTo: inside)
            }
            inside = gate.word.pointee.load(ordering: .acquiring)
        }
    }

    // MARK: The workers

    func work() {
        var seen: UInt32 = 0
        while !stopping.load(ordering: .acquiring) {
            if enter() {
                if let job { takeChunks(job) }
                leave()
            }
            seen = sleep(after: seen)
        }
    }

    func stop() {
        stopping.store(true, ordering: .releasing)
        epoch.word.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)
        epoch.wake(Int(Int32.max))
    }

    private func takeChunks(_ job: Job) {
        while true {
            let chunk = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard chunk < job.chunks else { return }
            job.run(chunk)
        }
    }

    private func enter() -> Bool {
        var current = gate.word.pointee.load(ordering: .relaxed)
        while current & Self.open != 0 {
            let (exchanged, found) = gate.word.pointee.weakCompareExchange(
                expected: current, desired: current + 1, successOrdering: .acquiring, failureOrdering: .relaxed)
            if exchanged { return true }
            current = found
        }
        return false
    }

    private func leave() {
        // A caller waits only at a closed gate. The word outlives the call, so the wake may come late.
        if gate.word.pointee.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 { gate.wake(1) }
    }

    /// Returns the epoch once it differs from `seen`.
    private func sleep(after seen: UInt32) -> UInt32 {
        for _ in 0..<Self.workerSpins {
            let now = epoch.word.pointee.load(ordering: .acquiring)
            if now != seen { return now }
            attend_pause()
        }
        sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
        defer { sleepers.wrappingSubtract(1, ordering: .relaxed) }
        while true {
            let now = epoch.word.pointee.load(ordering: .sequentiallyConsistent)
            if now != seen { return now }
            epoch.wait(whileEqualTo: seen)
        }
    }
}

/// An atomic word at a stable address on which threads can sleep.
///
/// `@unchecked Sendable`: the pointer is constant, and all access to the word is atomic.
final class FutexWord: @unchecked Sendable {
    let word: UnsafeMutablePointer<Atomic<UInt32>>

    init() {
        word = .allocate(capacity: 1)
        word.initialize(to: Atomic(0))
    }

    deinit {
        word.deinitialize(count: 1)
        word.deallocate()
    }

    func wait(whileEqualTo expected: UInt32) { attend_wait(address, expected) }

    func wake(_ count: Int) { attend_wake(address, Int32(clamping: count)) }

    private var address: UnsafePointer<UInt32> {
        UnsafeRawPointer(word).assumingMemoryBound(to: UInt32.self)
    }
}
