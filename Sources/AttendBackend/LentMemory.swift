import Synchronization

/// Memory that the host lends a backend for one call only: its arguments, and what `copy_in` copies.
package enum LentMemory {
    private static let isOverwritten = Atomic(false)

    /// Whether the host overwrites such memory when the call has returned, so that a backend that keeps an address
    /// computes something else at once. For tests of backends.
    package static var overwrites: Bool {
        get { isOverwritten.load(ordering: .relaxed) }
        set { isOverwritten.store(newValue, ordering: .relaxed) }
    }
}
