/// A watch on the memory of a process that runs one case many times.
struct MemoryWatch {
    let isActive: Bool
    /// The number of runs.
    let runs: Int
    private var first: (run: Int, byteCount: Int)?
    /// The growth, one sentence; nil for none.
    private(set) var complaint: String?

    /// The runs from which a leak differs from the growth of caches.
    static let leastRuns = 5000
    /// The growth that is allowed, in bytes: less than a hundred for each run.
    private static let limit = 768 << 10

    init(isActive: Bool, runs: Int) { (self.isActive, self.runs) = (isActive, runs) }

    /// Called after each run.
    mutating func note(_ run: Int) {
        guard isActive else { return }
        // By a fifth of the runs, pools and caches have what they keep.
        if run == runs / 5 {
            first = ResidentMemory.byteCount.map { (run, $0) }
        } else if run == runs - 1, let first, let last = ResidentMemory.byteCount {
            let growth = last - first.byteCount
            guard growth > MemoryWatch.limit else { return }
            complaint = """
                the process grew by \(growth) bytes from run \(first.run + 1) to run \(run + 1), \
                \(growth / (run - first.run)) for each
                """
        }
    }
}
