/// Memo of opened composite calls, so that equal calls are opened once.
///
/// Without it, n functions that each call the next one twice would take 2ⁿ openings for type inference. Running them
/// takes as many kernels, so the number of operations that a graph's composites open into is limited as well.
final class OpeningMemo {
    /// Maximum nesting depth of composites.
    static let depthLimit = 64
    /// Maximum number of primitives that the composites of one graph open into; a large model has about ten thousand.
    static let operationLimit = 1 << 18

    struct Call: Hashable {
        var operation: Operation
        var inputs: [TensorType?]
    }

    struct Opened {
        var outputs: [TensorType]
        /// Number of primitives, summed over all levels.
        var operationCount: Int
        /// Composites found inside.
        var found: [String: any CompositeOperation]
    }

    var calls: [Call: Opened] = [:]
}
