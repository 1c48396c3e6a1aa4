import Dispatch
import Synchronization

/// Work that is divided among threads by whoever is free.
enum Jobs {
    /// Runs a body for each index below a count, on as many threads as there are jobs. Indices begin in their order.
    static func forEach(_ count: Int, jobs: Int, _ body: @Sendable (Int) -> Void) {
        let next = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: max(1, min(jobs, count))) { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                body(index)
            }
        }
    }
}
