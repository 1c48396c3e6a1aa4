/// What calls of composites were found to open into, so that calls that are alike are opened once.
///
/// Without it, functions that each call the next one twice would be opened 2ⁿ times to learn the types of n. Running them
/// takes as many kernels, so that what a graph's composites open into is limited as well.
final class OpeningMemo {
    /// How deep composites may nest.
    static let depthLimit = 64
    /// Primitives that the composites of one graph may open into; a large model has some ten thousand.
    static let operationLimit = 1 << 18

    struct Call: Hashable {
        var operation: Operation
        var inputs: [TensorType?]
    }

    struct Opened {
        var outputs: [TensorType]
        /// Primitives in it, all levels taken together.
        var operationCount: Int
        /// Composites found inside.
        var found: [String: any CompositeOperation]
    }

    var calls: [Call: Opened] = [:]
}
