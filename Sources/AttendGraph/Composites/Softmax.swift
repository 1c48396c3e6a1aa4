/// `exp(x − max x) / Σ exp(x − max x)` along an axis. Subtracting the maximum changes nothing in exact arithmetic and
/// keeps every exponential at most 1.
struct Softmax: CompositeOperation {
    let schema = OperationSchema(
        .softmax, inputs: [.init("input")], attributes: [.init("axis", default: .integer(-1))])
    let facts = OperationFacts(work: .rows, isWhole: true)

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        let input = call["input"]
        try call.requireFloat(input)
        let axis = try call.axis(of: input)
        if let widened = try call.inFloat32() { return widened }
        let exponentials = try (input - input.max(axes: [axis], keepDimensions: true)).exp()
        return ["output": try exponentials / exponentials.sum(axes: [axis], keepDimensions: true)]
    }
}

/// `x − max x − log Σ exp(x − max x)` along an axis.
struct LogSoftmax: CompositeOperation {
    let schema = OperationSchema(
        .logSoftmax, inputs: [.init("input")], attributes: [.init("axis", default: .integer(-1))])
    let facts = OperationFacts(work: .rows, isWhole: true)

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        let input = call["input"]
        try call.requireFloat(input)
        let axis = try call.axis(of: input)
        if let widened = try call.inFloat32() { return widened }
        let shifted = try input - input.max(axes: [axis], keepDimensions: true)
        return ["output": try shifted - shifted.exp().sum(axes: [axis], keepDimensions: true).log()]
    }
}

/// The sum over the axes divided by the number of summed elements.
struct ReduceMean: CompositeOperation {
    let schema = OperationSchema(
        .reduceMean, inputs: [.init("input")],
        attributes: [.init("axes", optional: .integers), .init("keep_dimensions", default: .bool(false))])

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        let input = call["input"]
        try call.requireFloat(input)
        let axes = call.attributes.optionalIntegers("axes")
        if let widened = try call.inFloat32() { return widened }
        let sum = try input.sum(axes: axes, keepDimensions: call.attributes.bool("keep_dimensions"))
        return ["output": try sum / call.elementCount(of: input, along: axes)]
    }
}

extension CompositeCall {
    /// The number of elements along `axes` (nil means all) as a scalar of the input's dtype.
    ///
    /// With symbolic sizes it is the sum of a broadcast 1, so that the graph needs no number before its symbols are
    /// bound.
    func elementCount(of input: Value, along axes: [Int]?) throws(GraphError) -> Value {
        let sizes: [Size]
        do {
            sizes = try ShapeRules.axes(axes, rank: input.rank).map { input.shape[$0] }
        } catch {
            throw .node(name: "", operation: operation, reason: error.description)
        }
        let numbers = sizes.compactMap(\.constant)
        if numbers.count == sizes.count {
            return try input.scalar(Double(numbers.reduce(1, *)))
        }
        return try input.scalar(1).broadcast(sizes).sum()
    }
}

extension Value {
    /// `exp(x − max x) / Σ exp(x − max x)` along `axis`, counted from the end if negative.
    ///
    /// - Throws: ``GraphError`` for a dtype that is not floating-point, or an axis out of range.
    public func softmax(axis: Int = -1) throws(GraphError) -> Value {
        try applying(.softmax, attributes: ["axis": .integer(axis)])
    }

    /// The logarithm of ``softmax(axis:)``, without its underflow: `x − max x − log Σ exp(x − max x)`.
    ///
    /// - Throws: ``GraphError`` for a dtype that is not floating-point, or an axis out of range.
    public func logSoftmax(axis: Int = -1) throws(GraphError) -> Value {
        try applying(.logSoftmax, attributes: ["axis": .integer(axis)])
    }

    /// Mean over `axes`, counted from the end if negative; nil means all. Reduced axes have size 1 with
    /// `keepDimensions`, else they are removed.
    ///
    /// - Throws: ``GraphError`` for a dtype that is not floating-point, or axes out of range or repeated.
    public func mean(axes: [Int]? = nil, keepDimensions: Bool = false) throws(GraphError) -> Value {
        try applying(.reduceMean, attributes: Value.reduction(axes, keepDimensions))
    }
}

extension OperationID {
    /// `softmax.v1`; see ``Value/softmax(axis:)``.
    public static let softmax = OperationID("softmax")
    /// `log_softmax.v1`; see ``Value/logSoftmax(axis:)``.
    public static let logSoftmax = OperationID("log_softmax")
    /// `reduce_mean.v1`; see ``Value/mean(axes:keepDimensions:)``.
    public static let reduceMean = OperationID("reduce_mean")
}
