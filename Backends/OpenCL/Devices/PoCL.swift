/// The version of PoCL (Portable Computing Language), and the workarounds required for it.
package struct PoCL: Sendable, Hashable {
    package let major: Int
    package let minor: Int

    /// Nil for another driver's platform.
    ///
    /// - Parameter platformVersion: A text such as `OpenCL 3.0 PoCL 3.1+debian  Linux, …`; an unreadable version counts
    ///   as 0.0.
    package init?(platformName: String, platformVersion: String) {
        guard platformName == "Portable Computing Language" else { return nil }
        let words = platformVersion.split(separator: " ")
        let name = words.firstIndex { $0.lowercased() == "pocl" }
        let version = name.flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil } ?? ""
        let numbers = version.split(separator: ".").map { Int($0.prefix { $0.isASCII && $0.isNumber }) ?? 0 }
        major = numbers.first ?? 0
        minor = numbers.count > 1 ? numbers[1] : 0
    }

    /// The LLVM bitcode in PoCL's binary of a program that was compiled but not linked; nil if it contains none intact.
    /// The bitcode starts with LLVM's magic number, preceded by its byte count.
    package static func bitcode(in binary: [UInt8]) -> [UInt8]? {
        let magic: [UInt8] = [0x42, 0x43, 0xC0, 0xDE]
        var start = 4
        while start + magic.count <= binary.count {
            defer { start += 1 }
            guard binary[start] == magic[0], binary[start...].starts(with: magic) else { continue }
            let count = binary[(start - 4)..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
            if count > magic.count, count <= binary.count - start { return Array(binary[start..<(start + count)]) }
        }
        return nil
    }

    /// Whether it miscounts the references to loaded kernels, see ``PoCLTurn``; fixed in 7.0 (pocl commit c9ac4c0, June
    /// 2024).
    package var miscountsKernels: Bool { major < 7 }
}
