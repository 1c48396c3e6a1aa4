import SIMDThreads
import Synchronization
import Testing

@Suite struct `Thread pool` {
    @Test(arguments: [1, 2, 5], [1, 3, 64, 1000])
    func `every index runs once, in the chunks that were asked for`(_ threads: Int, _ grain: Int) {
        let pool = ThreadPool(threadCount: threads)
        for count in [0, 1, 2, 63, 64, 65, 1000] {
            let seen = Mutex<[Range<Int>]>([])
            pool.parallelFor(count: count, grain: grain) { range in seen.withLock { $0.append(range) } }
            let chunks = seen.withLock { $0 }.sorted { $0.lowerBound < $1.lowerBound }
            #expect(chunks == stride(from: 0, to: count, by: grain).map { $0..<min($0 + grain, count) })
        }
    }

    @Test(arguments: [1, 2]) func `chunks end before the largest integer does`(threads: Int) {
        let pool = ThreadPool(threadCount: threads)
        let seen = Mutex<[Range<Int>]>([])
        let grain = Int.max / 3 * 2
        pool.parallelFor(count: .max, grain: grain) { range in seen.withLock { $0.append(range) } }
        #expect(seen.withLock { $0 }.sorted { $0.lowerBound < $1.lowerBound } == [0..<grain, grain..<Int.max])
    }

    @Test func `many tasks at once get right results`() async {
        let pool = ThreadPool(threadCount: 4)
        await withTaskGroup(of: Int.self) { group in
            for task in 1...8 {
                group.addTask {
                    var wrong = 0
                    for round in 0..<400 {
                        let count = 1 + (round * task) % 97
                        let sum = Atomic<Int>(0)
                        pool.parallelFor(count: count, grain: 1 + round % 5) { range in
                            for i in range { sum.wrappingAdd(i * task + 1, ordering: .relaxed) }
                        }
                        let expected = task * count * (count - 1) / 2 + count
                        if sum.load(ordering: .relaxed) != expected { wrong += 1 }
                    }
                    return wrong
                }
            }
            for await wrong in group { #expect(wrong == 0) }
        }
    }

    @Test func `a call inside a call does not wait for itself`() {
        let pool = ThreadPool(threadCount: 3)
        let sum = Atomic<Int>(0)
        pool.parallelFor(count: 20, grain: 1) { outer in
            pool.parallelFor(count: 10, grain: 3) { inner in
                sum.wrappingAdd(outer.count * inner.count, ordering: .relaxed)
            }
        }
        #expect(sum.load(ordering: .relaxed) == 200)
    }

    @Test func `sleeping workers wake, and pools end`() async throws {
        for _ in 0..<20 {
            let pool = ThreadPool(threadCount: 3)
            let sum = Atomic<Int>(0)
            for _ in 0..<5 {
                try await Task.sleep(for: .milliseconds(1))
                pool.parallelFor(count: 100, grain: 7) { sum.wrappingAdd($0.count, ordering: .relaxed) }
            }
            #expect(sum.load(ordering: .relaxed) == 500)
        }
    }
}
