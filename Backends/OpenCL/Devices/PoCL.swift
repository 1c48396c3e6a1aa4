/// The version of PoCL, the Portable Computing Language, and what follows from it.
package struct PoCL: Sendable, Hashable {
    package let major: Int
    package let minor: Int

    /// Nil for another driver's platform.
    ///
    /// - Parameter platformVersion: Such as `OpenCL 3.0 PoCL 3.1+debian  Linux, …`; a version that can't be read counts as 0.0.
    package init?(platformName: String, platformVersion: String) {
        guard platformName == "Portable Computing Language" else { return nil }
        let words = platformVersion.split(separator: " ")
        let name = words.firstIndex { $0.lowercased() == "pocl" }
        let version = name.flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil } ?? ""
        let numbers = version.split(separator: ".").map { Int($0.prefix { $0.isASCII && $0.isNumber }) ?? 0 }
        major = numbers.first ?? 0
        minor = numbers.count > 1 ? numbers[1] : 0
    }

    /// Whether the users of loaded kernels are counted wrongly, which ``PoCLTurn`` keeps from mattering; mended in 7.0
    /// (pocl commit c9ac4c0, June 2024).
    package var miscountsKernels: Bool { major < 7 }
}
