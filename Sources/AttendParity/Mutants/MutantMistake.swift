import AttendRuntime

/// A mistake of a mutant.
enum MutantMistake: Sendable, CustomStringConvertible {
    case reads(input: Int, MutantReading)
    /// Two operands of one type are exchanged.
    case swaps(Int, Int)
    /// An optional operand is ignored.
    case omits(Int, name: String)
    case result(output: Int, MutantPlace, MutantFilling)
    case rounds(output: Int, MutantRounding)
    case attribute(String, MutantAttribute)
    /// An operand of the first run is used in all.
    case keepsInput(Int)
    /// The result of one run is not written.
    case skipsRun(Int)
    /// Kernels that differ in one attribute alone are taken for one.
    case sharesKernels(attribute: String)
    /// Results pass through one buffer of all threads.
    case sharesScratch
    case error(MutantIndexRange, MutantErrorChange)
    case writesOutside(distance: Int, isBefore: Bool)
    case overwritesInput(Int, MutantPlace)
    case environment(MutantEnvironment)

    var family: MutantFamily {
        switch self {
        case .reads(_, .rounded), .rounds: .numbers
        case .reads, .swaps: .operands
        case .result: .results
        case .attribute, .omits: .attributes
        case .keepsInput, .skipsRun, .sharesKernels: .time
        case .error: .errors
        case .writesOutside, .overwritesInput: .memory
        case .environment, .sharesScratch: .threads
        }
    }

    /// The mistake with places that small requests reach.
    var withoutLimits: MutantMistake {
        switch self {
        case .reads(let input, .lost(let axis, .from)): .reads(input: input, .lost(axis: axis, .from(1)))
        case .reads(let input, .neighbor(let axis, .from)): .reads(input: input, .neighbor(axis: axis, .from(1)))
        case .result(let output, .from, let filling): .result(output: output, .from(1), filling)
        default: self
        }
    }

    var description: String {
        switch self {
        case .reads(let input, let reading): "operand \(input + 1) \(reading)"
        case .swaps(let left, let right): "operands \(left + 1) and \(right + 1) exchanged"
        case .omits(_, let name): "\(name) ignored"
        case .result(let output, let place, let filling):
            "elements of result \(output + 1), \(place), \(filling)"
        case .rounds(let output, let rounding): "result \(output + 1) \(rounding)"
        case .attribute(let name, let change): "\(name) \(change)"
        case .keepsInput(let input): "operand \(input + 1) of the first run kept"
        case .skipsRun(let run): "the result of run \(run + 1) not written"
        case .sharesKernels(let attribute): "kernels that differ in \(attribute) alone shared"
        case .sharesScratch: "results through one buffer of all threads"
        case .error(let range, let change): "the error of \(range) \(change)"
        case .writesOutside(let distance, let isBefore):
            "an element written \(distance) \(isBefore ? "before" : "after") the result"
        case .overwritesInput(let input, let place): "an element of operand \(input + 1), \(place), overwritten"
        case .environment(let environment): "the thread left \(environment.rawValue)"
        }
    }

    /// The wrong result of a run, with the index of the output; nil where the mistake can't be made.
    func result(of call: FaultyCall) -> (output: Int, Tensor)? {
        switch self {
        case .reads(let index, let reading):
            guard call.inputs.indices.contains(index), let input = call.inputs[index],
                let wrong = reading.read(input, memory: call.memories[index], call.request.inputs[index]?.layout)
            else { return nil }
            return first(call.reference(input: index, wrong))
        case .swaps(let left, let right):
            guard call.inputs.indices.contains(max(left, right)), let first = call.inputs[left],
                let second = call.inputs[right], first.dtype == second.dtype, first.shape == second.shape
            else { return nil }
            return self.first(call.reference(inputs: [left: second, right: first]))
        case .omits(let index, _):
            guard call.inputs.indices.contains(index), call.inputs[index] != nil else { return nil }
            return first(call.reference(inputs: [index: nil]))
        case .result(let index, let place, let filling):
            guard call.outputs.indices.contains(index), let right = call.outputs[index] else { return nil }
            let wrong = filling.filled(right, before: call.before[index])
            return (index, right.replacing(where: { place.contains($0, of: right.elementCount) }, by: wrong))
        case .rounds(let index, let rounding):
            guard call.outputs.indices.contains(index), let right = call.outputs[index] else { return nil }
            return rounding.rounded(right).map { (index, $0) }
        case .attribute(let name, let change):
            let schema = call.request.schema?.attributes.first { $0.name == name }
            return change.changed(call.attributes, name, schema).flatMap { first(call.reference(attributes: $0)) }
        case .keepsInput(let index):
            guard call.inputs.indices.contains(index), let kept = call.firstInputs?[index] else { return nil }
            return first(call.reference(input: index, kept))
        case .skipsRun(let run):
            guard call.index == run, let before = call.before[0] else { return nil }
            return (0, before)
        case .sharesKernels, .sharesScratch, .error, .writesOutside, .overwritesInput, .environment: return nil
        }
    }

    private func first(_ results: [Tensor?]) -> (output: Int, Tensor)? {
        results.indices.first { results[$0] != nil }.flatMap { index in results[index].map { (index, $0) } }
    }
}

/// A changed floating-point environment.
enum MutantEnvironment: String, CaseIterable, Sendable {
    case roundingDown = "rounding down"
    case flushing = "flushing denormals"

    var value: FloatingPointEnvironment {
        switch self {
        case .roundingDown: .standard.with(roundingDown: true)
        case .flushing: .standard.with(flushingDenormals: true)
        }
    }
}

/// Indices outside of their axis.
enum MutantIndexRange: String, CaseIterable, Sendable, CustomStringConvertible {
    case all = "an index outside"
    case negative = "a negative index outside"
    case positive = "an index past the end"
    case far = "an index beyond 32 bits"
    case near = "an index just past the end"

    func contains(_ index: Int, of size: Int) -> Bool {
        switch self {
        case .all: true
        case .negative: index < 0
        case .positive: index >= 0
        case .far: Int(Int32(truncatingIfNeeded: index)) != index
        case .near: index == size || index == -size - 1
        }
    }

    var description: String { rawValue }
}

/// A change of an error that is due.
enum MutantErrorChange: String, CaseIterable, Sendable, CustomStringConvertible {
    case missing = "missing"
    case lowWord = "with the low word of the index"
    case fromFront = "with the index counted from the front"
    case sizeLess = "with a size less by one"
    case otherCode = "with another code"

    func reported(_ error: BackendError, in range: MutantIndexRange) -> BackendError? {
        guard case .indexOutOfRange(let backend, let operation, let index, let size, _) = error,
            range.contains(index, of: size)
        else { return error }
        switch self {
        case .missing: return nil
        case .lowWord: return error.changingIndex { (Int(Int32(truncatingIfNeeded: $0)), $1) }
        case .fromFront: return error.changingIndex { ($0 < 0 ? $0 &+ $1 : $0, $1) }
        case .sizeLess: return error.changingIndex { ($0, $1 - 1) }
        case .otherCode: return .failed(backend: backend, action: "run \(operation)", reason: "index out of range")
        }
    }

    var description: String { rawValue }
}
