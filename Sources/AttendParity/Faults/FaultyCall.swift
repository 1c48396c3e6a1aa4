package import AttendRuntime
import ReferenceBackend

/// One run of a kernel for a ``HostFault``: tensors on the host, with correct outputs.
///
/// A fault computes the result of its mistake, and replaces one element or row by it, one in which the mistake makes a
/// difference. The choice depends only on the request, so that a failure is reproducible.
package struct FaultyCall {
    package let request: KernelRequest
    /// The inputs, dense, in the schema's order.
    package let inputs: [Tensor?]
    /// The inputs' elements in memory order, from the start of the value.
    package let memories: [Tensor?]
    package private(set) var outputs: [Tensor?]
    /// The contents of the outputs' memory before the run.
    package let before: [Tensor?]
    /// The number of previous runs of the kernel.
    package let index: Int
    /// The inputs of the kernel's first run; nil in the first run.
    let firstInputs: [Tensor?]?
    private(set) var changed: Set<Int> = []

    init(_ run: FaultyRun) throws(BackendError) {
        request = run.request
        (before, index, firstInputs) = (run.before, run.index, run.firstInputs)
        var (inputs, memories, outputs): ([Tensor?], [Tensor?], [Tensor?]) = ([], [], [])
        for place in run.inputs.indices {
            inputs.append(try run.input(place))
            memories.append(try run.memory(ofInput: place))
        }
        for place in run.outputs.indices { outputs.append(try run.output(place)) }
        (self.inputs, self.memories, self.outputs) = (inputs, memories, outputs)
    }

    package var attributes: Attributes { request.attributes }
    func shape(ofInput index: Int) -> [Int] { request.inputs[index]?.shape ?? [] }
    func floats(ofInput index: Int) -> [Float] { inputs[index].flatMap { try? $0.floats() } ?? [] }
    /// An input's integers, or its bools as 0 and 1.
    func integers(ofInput index: Int) -> [Int64] {
        guard let input = inputs[index] else { return [] }
        if let bools = try? input.bools() { return bools.map { $0 ? 1 : 0 } }
        return (try? input.integers()) ?? []
    }
    var outputShape: [Int] { request.outputs[0]?.shape ?? [] }

    // MARK: Results of mistakes

    /// The reference's results for other attributes or inputs, by output; nil if the reference fails.
    func reference(
        attributes: Attributes? = nil, input: Int? = nil, _ tensor: Tensor? = nil
    ) -> [Tensor?] {
        var tensors = inputs
        if let input { tensors[input] = tensor }
        let request = self.request
        return evaluated(tensors) { builder, values throws(GraphError) in
            try OneNodeGraph.apply(request, attributes ?? request.attributes, builder, values)
        }
    }

    /// The reference's results for other inputs, by their indices; nil for an input that is left out.
    func reference(inputs changes: [Int: Tensor?]) -> [Tensor?] {
        var tensors = inputs
        for (index, tensor) in changes { tensors[index] = tensor }
        let request = self.request
        return evaluated(tensors) { builder, values throws(GraphError) in
            try OneNodeGraph.apply(request, request.attributes, builder, values)
        }
    }

    /// The reference's first result for another definition of the operation.
    func redefined(_ body: ([Value]) throws(GraphError) -> Value) -> Tensor? {
        evaluated(inputs) { _, values throws(GraphError) in [try body(values.compactMap(\.self))] }[0]
    }

    /// The reference's results for a graph of these inputs, by output.
    ///
    /// - Parameter dtype: The results' type; nil for the request's.
    func evaluated(
        _ tensors: [Tensor?], giving dtype: DType? = nil,
        _ body: (GraphBuilder, [Value?]) throws(GraphError) -> [Value?]
    ) -> [Tensor?] {
        let reshaped = KernelRequest(
            operation: request.operation,
            inputs: tensors.map { $0.map { Operand(dtype: $0.dtype, layout: Layout(dense: $0.shape)) } },
            outputs: request.outputs)
        var named: [String: Tensor] = [:]
        for (index, tensor) in tensors.enumerated() { named["input\(index)"] = tensor }
        guard let graph = try? OneNodeGraph.make(reshaped, body),
            let results = try? graph.run(named, on: makeReference())
        else { return request.outputs.map { _ in nil } }
        return request.outputs.indices.map { index in
            guard let tensor = results["output\(index)"], let operand = request.outputs[index],
                tensor.shape == operand.shape, tensor.dtype == dtype ?? operand.dtype
            else { return nil }
            return tensor
        }
    }

    // MARK: Replacing parts of the outputs

    /// Replaces one element by that of `wrong`, one that differs from the reference's correct result.
    mutating func takeElement(of wrong: Tensor?) { take(wrong, width: 1) }

    /// Replaces one row along the last axis by that of `wrong`.
    mutating func takeRow(of wrong: Tensor?) {
        take(wrong, width: max(1, outputShape.last ?? 1))
    }

    /// Replaces the whole output by `wrong`, where its bits differ from those of the reference's correct result.
    mutating func takeAll(of wrong: Tensor?) {
        guard let wrong, let right = reference()[0], wrong.shape == right.shape, wrong.dtype == right.dtype,
            !wrong.hasSameBits(as: right)
        else { return }
        replace(right.indices, with: wrong)
    }

    private mutating func take(_ wrong: Tensor?, width: Int) {
        guard let wrong, let right = reference()[0] else { return }
        let differs = Differences(right, wrong)
        search(count: right.elementCount / width) { place in
            guard differs.contains(place * width..<(place + 1) * width) else { return nil }
            return { $0.replace(place * width..<(place + 1) * width, with: wrong) }
        }
    }

    /// Visits `count` positions in an order that depends on the request, until `act` returns an action, and performs
    /// it.
    mutating func search(count: Int, _ act: (Int) -> ((inout FaultyCall) -> Void)?) {
        guard count > 0 else { return }
        let first = start % count
        for step in 0..<count {
            guard let change = act((first + step) % count) else { continue }
            change(&self)
            return
        }
    }

    /// A number derived from the request's sizes.
    private var start: Int {
        var numbers = SeededNumbers(
            request.inputs.compactMap { $0 }.reduce(outputShape.reduce(7, &+)) { $0 &* 31 &+ $1.elementCount }, "place")
        return numbers.below(1 << 30)
    }

    /// Changes one floating-point element of an output, one that `change` affects.
    mutating func changeElement(output: Int = 0, _ change: (Float) -> Float) {
        guard let values = outputs[output].flatMap({ try? $0.floats() }) else { return }
        search(count: values.count) { place in
            let new = change(values[place])
            guard Differences.isMaterial(values[place], new, values[place].magnitude) else { return nil }
            return { $0.set(place..<place + 1, to: [new], output: output) }
        }
    }

    /// Replaces elements by numbers rounded to the output's dtype.
    mutating func set(_ range: Range<Int>, to values: [Float], output: Int = 0) {
        guard let dtype = request.outputs[output]?.dtype else { return }
        let tensor = Tensor(floats: values, dtype: dtype)
        guard var changed = outputs[output] else { return }
        for (offset, place) in range.enumerated() { changed.replace(place..<place + 1, with: tensor, from: offset) }
        outputs[output] = changed
        self.changed.insert(output)
    }

    mutating func replace(_ range: Range<Int>, with other: Tensor, output: Int = 0) {
        guard var changed = outputs[output] else { return }
        changed.replace(range, with: other, from: range.lowerBound)
        outputs[output] = changed
        self.changed.insert(output)
    }
}
