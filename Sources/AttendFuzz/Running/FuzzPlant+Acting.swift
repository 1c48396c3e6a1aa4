import Foundation

extension FuzzPlant {
    /// A value that is unknown at compile time.
    @inline(never) static var largest: Int { Int(String(Int.max)) ?? 0 }

    static func spin() { while largest > 0 {} }

    static func stall() { while largest > 0 { Thread.sleep(forTimeInterval: 0.05) } }

    static func leave() { Foundation.exit(7) }
}
