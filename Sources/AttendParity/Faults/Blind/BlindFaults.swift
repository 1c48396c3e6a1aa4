/// Faults by authors who had seen the specification of the operations and the C header only, and none of the cases.
///
/// The share of them that was found at the first try is the honest figure of the kit; see
/// `Documentation/planted-faults.md`.
enum BlindFaults {
    static let all: [any ListedFault] = first + second + third

    /// Two authors, A and B; what they showed to be missing became cases.
    private static let first: [any ListedFault] =
        BlindFaultsA1.all + BlindFaultsA2.all + BlindFaultsA3.all + BlindFaultsA4.all + BlindFaultsB1.all
        + BlindFaultsB2.all + BlindFaultsB3.all + BlindFaultsB4.all + BlindFaultsB5.all + BlindFaultsB6.all

    /// Two other authors, C and D, after that.
    private static let second: [any ListedFault] =
        BlindFaultsC1.all + BlindFaultsC2.all + BlindFaultsC3.all + BlindFaultsC4.all + BlindFaultsD1.all
        + BlindFaultsD2.all + BlindFaultsD3.all + BlindFaultsD4.all + BlindFaultsD5.all

    /// E and F, after that.
    private static let third: [any ListedFault] =
        BlindFaultsE1.all + BlindFaultsE2.all + BlindFaultsE3.all + BlindFaultsF1.all + BlindFaultsF2.all
        + BlindFaultsF3.all + BlindFaultsF4.all
}
