import Foundation
public import Testing

extension Tag {
    /// Takes more than about a second. Always beside ``Trait/unlessFast``.
    @Tag public static var slow: Self
}

extension Trait where Self == ConditionTrait {
    /// Skips the test in `make test-fast`, which sets `ATTEND_FAST`; the output says so.
    ///
    /// `swift test` of Swift 6.3 can't select tags (`--skip tag:slow` comes with ST-0025), hence a condition beside the
    /// tag.
    public static var unlessFast: ConditionTrait {
        .disabled(
            if: ProcessInfo.processInfo.environment["ATTEND_FAST"] != nil, "slow: left out by make test-fast")
    }
}
