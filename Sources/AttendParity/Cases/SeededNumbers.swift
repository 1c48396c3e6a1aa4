/// A random number generator that is deterministic for a seed on all platforms (SplitMix64: Steele, Lea and Flood,
/// *Fast splittable pseudorandom number generators*, 2014).
package struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    package init(_ seed: Int, _ stream: String = "") {
        // FNV-1a of the name separates the streams of one seed.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in stream.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        state = UInt64(bitPattern: Int64(seed)) &* 0x9E37_79B9_7F4A_7C15 ^ hash
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Uniform in [0, 1).
    package mutating func unit() -> Float { Float(next() >> 40) * 0x1p-24 }

    package mutating func uniform(_ low: Float, _ high: Float) -> Float { low + (high - low) * unit() }

    package mutating func below(_ count: Int) -> Int { Int(next() % UInt64(max(1, count))) }

    package mutating func chance(_ share: Float) -> Bool { unit() < share }

    package mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}
