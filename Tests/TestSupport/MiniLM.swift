import Foundation
public import Testing

/// The folder of all-MiniLM-L6-v2 in `ATTEND_MINILM`, or nil.
public let miniLMFolder = ProcessInfo.processInfo.environment["ATTEND_MINILM"]

extension Trait where Self == ConditionTrait {
    /// Skips a test that needs all-MiniLM-L6-v2, which `make test` fetches.
    public static var miniLM: ConditionTrait {
        .enabled(if: miniLMFolder != nil, "ATTEND_MINILM names no folder of all-MiniLM-L6-v2; make test fetches it")
    }
}
