/// A hash table from UTF-8 bytes to ids, which are stored one after another: no key is an object of its own.
struct TokenIndex: Sendable {
    /// The bytes of all keys.
    private var bytes: [UInt8] = []
    /// The end of each key in ``bytes``; it starts at the end of the one before.
    private var ends: [Int] = []
    private var values: [Int] = []
    /// The index of a key plus 1 in the place of its hash, or in one after it; 0 for none. Their number is a power of two.
    private var slots: [UInt32] = Array(repeating: 0, count: 16)

    /// Differs between processes, so that no file can choose keys of one hash.
    private static let seed = UInt64.random(in: .min ... .max)

    var count: Int { values.count }

    /// The id of a key.
    ///
    /// - Complexity: O(bytes).
    subscript(_ key: some Collection<UInt8>) -> Int? {
        let found = place(of: key)
        return slots[found] == 0 ? nil : values[Int(slots[found] - 1)]
    }

    /// Sets the id of a key.
    ///
    /// - Returns: The id that it had before.
    @discardableResult
    mutating func updateValue(_ id: Int, forKey key: some Collection<UInt8>) -> Int? {
        let found = place(of: key)
        if slots[found] != 0 {
            let index = Int(slots[found] - 1)
            defer { values[index] = id }
            return values[index]
        }
        bytes += key
        ends.append(bytes.count)
        values.append(id)
        slots[found] = UInt32(values.count)
        // Half of the slots are free.
        if values.count * 2 > slots.count { grow() }
        return nil
    }

    /// All keys with their ids, in the order of their first use.
    var entries: [(key: ArraySlice<UInt8>, id: Int)] { values.indices.map { (key(at: $0), values[$0]) } }

    private func key(at index: Int) -> ArraySlice<UInt8> { bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]] }

    /// The slot of a key, or the free one for it.
    private func place(of key: some Collection<UInt8>) -> Int {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: TokenIndex.hash(key)) & mask
        while slots[place] != 0, !self.key(at: Int(slots[place] - 1)).elementsEqual(key) { place = (place + 1) & mask }
        return place
    }

    private mutating func grow() {
        let mask = slots.count * 2 - 1
        slots = Array(repeating: 0, count: mask + 1)
        for index in values.indices {
            var place = Int(truncatingIfNeeded: TokenIndex.hash(key(at: index))) & mask
            while slots[place] != 0 { place = (place + 1) & mask }
            slots[place] = UInt32(index + 1)
        }
    }

    /// Folded products of eight bytes at a time, as in wyhash.
    private static func hash(_ key: some Collection<UInt8>) -> UInt64 {
        var state = seed
        var word: UInt64 = 0
        var count: UInt64 = 0
        func mixed(_ value: UInt64) -> UInt64 {
            let product = (state ^ value).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
            return product.high ^ product.low
        }
        for byte in key {
            word = word << 8 | UInt64(byte)
            count += 1
            if count % 8 == 0 {
                state = mixed(word)
                word = 0
            }
        }
        state = mixed(word)
        return mixed(count)
    }
}
