/// A request for `reduce_sum`, `reduce_max` or `arg_max`.
public struct ReductionCall: Sendable {
    /// The kinds of reduction.
    public enum Function: Sendable {
        case sum, maximum
        /// The index of the first maximum.
        case argument
    }

    /// The request.
    public let request: KernelRequest
    /// The value that is reduced.
    public let input: Operand
    /// The result; reduced axes have size 1 or are gone.
    public let output: Operand
    /// What is computed over the axes.
    public let function: Function
    /// The reduced axes, counted from the front, ascending.
    public let axes: [Int]

    /// Nil for other operations.
    public init?(_ request: KernelRequest) {
        switch request.operation.primitive {
        case .reduceSum: function = .sum
        case .reduceMax: function = .maximum
        case .argMax: function = .argument
        default: return nil
        }
        guard let input = request.inputs.first ?? nil, let output = request.outputs.first ?? nil else { return nil }
        (self.request, self.input, self.output) = (request, input, output)
        let rank = input.shape.count
        let given =
            function == .argument ? [request.attributes.integer("axis")] : request.attributes.optionalIntegers("axes")
        axes = (given ?? Array(0..<rank)).map { $0.fromFront(of: rank) }.sorted()
    }

    /// Elements per result.
    public var count: Int { axes.reduce(1) { $0 * input.shape[$1] } }
    /// Whether the axes are the last ones.
    public var isTrailing: Bool { axes == Array((input.shape.count - axes.count)..<input.shape.count) }
}
