/// The merges of byte-pair encoding: a hash table from pairs of tokens to the rank and the token of both.
struct MergeTable: Sendable {
    /// The merge of a pair.
    struct Merge: Sendable {
        /// Its place in the list of merges.
        var rank: UInt32
        /// The token of both.
        var id: UInt32
    }

    private var keys: [UInt64]
    private var merges: [Merge]
    private let mask: Int
    /// No pair: ids are smaller.
    private static let free = UInt64.max
    /// Differs between processes, so that no file can choose pairs of one hash.
    private static let seed = UInt64.random(in: .min ... .max)

    /// - Parameter capacity: The largest number of merges.
    init(capacity: Int) {
        var size = 16
        while size < 2 * capacity { size *= 2 }
        keys = Array(repeating: MergeTable.free, count: size)
        merges = Array(repeating: Merge(rank: 0, id: 0), count: size)
        mask = size - 1
    }

    subscript(_ left: UInt32, _ right: UInt32) -> Merge? {
        let key = UInt64(left) << 32 | UInt64(right)
        var place = place(of: key)
        while keys[place] != key {
            guard keys[place] != MergeTable.free else { return nil }
            place = (place + 1) & mask
        }
        return merges[place]
    }

    /// Sets the merge of a pair; of equal pairs, the last counts.
    mutating func insert(_ left: UInt32, _ right: UInt32, _ merge: Merge) {
        let key = UInt64(left) << 32 | UInt64(right)
        var place = place(of: key)
        while keys[place] != key, keys[place] != MergeTable.free { place = (place + 1) & mask }
        (keys[place], merges[place]) = (key, merge)
    }

    private func place(of key: UInt64) -> Int {
        let product = (key ^ MergeTable.seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return Int(truncatingIfNeeded: product.high ^ product.low) & mask
    }
}
