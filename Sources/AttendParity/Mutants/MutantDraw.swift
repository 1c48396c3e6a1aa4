import AttendRuntime
import Synchronization

/// The draw of mutants: an operation, a kind of mistake that it can have, and a condition.
///
/// The rules know the operations' schemas and which dtypes they admit, and nothing of the cases.
package enum MutantDraw {
    /// Mutants 0 to `count` − 1 of a seed; a mutant does not depend on the count.
    ///
    /// - Parameter jobs: The number of mutants drawn concurrently; the mutants do not depend on it.
    package static func mutants(_ count: Int, seed: Int, jobs: Int = 1) -> [Mutant] {
        let drawn = Mutex<[Mutant]>([])
        Jobs.forEach(max(0, count), jobs: jobs) { number in
            guard let mutant = mutant(number, seed: seed) else { return }
            drawn.withLock { $0.append(mutant) }
        }
        return drawn.withLock { $0 }.sorted { $0.number < $1.number }
    }

    /// The operations with mutants: all that have a schema.
    package static let operations: [String] =
        Primitive.allCases.map(\.rawValue) + Composites.builtIn.values.map(\.schema.name).sorted()

    package static func mutant(_ number: Int, seed: Int) -> Mutant? {
        guard number >= 0 else { return nil }
        var numbers = SeededNumbers(seed, "mutant \(number)")
        let facts = MutantFacts.all[numbers.below(operations.count)]
        // The last draw counts if all are vacuous, so that every number has a mutant.
        for turn in 1...30 {
            guard let mistake = mistake(family(&numbers), facts, &numbers) else { continue }
            let mutant = Mutant(
                seed: seed, number: number, operation: facts.operation, mistake: mistake,
                condition: condition(facts, &numbers))
            if turn > 25 || !MutantJudge.isVacuous(mutant) { return mutant }
        }
        return Mutant(
            seed: seed, number: number, operation: facts.operation, mistake: .skipsRun(1), condition: .always)
    }

    /// A mutant by its name, `mutant-SEED-NUMBER`; nil for other names.
    package static func mutant(named name: String) -> Mutant? {
        let words = name.split(separator: "-", omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "mutant", let seed = Int(words[1]), let number = Int(words[2]) else {
            return nil
        }
        return mutant(number, seed: seed)
    }

    private static func family(_ numbers: inout SeededNumbers) -> MutantFamily {
        switch numbers.below(100) {
        case 0..<20: .numbers
        case 20..<45: .operands
        case 45..<62: .results
        case 62..<78: .attributes
        case 78..<88: .time
        case 88..<93: .errors
        case 93..<97: .memory
        default: .threads
        }
    }

    /// Nil for a kind that the operation can't have.
    private static func mistake(
        _ family: MutantFamily, _ facts: MutantFacts, _ numbers: inout SeededNumbers
    ) -> MutantMistake? {
        let input = facts.inputDTypes.isEmpty ? nil : numbers.below(facts.inputDTypes.count)
        switch family {
        case .numbers:
            if let input, numbers.chance(0.5) {
                return rounding(facts.inputDTypes[input], &numbers).map { .reads(input: input, .rounded($0)) }
            }
            let output = numbers.below(facts.outputDTypes.count)
            return rounding(facts.outputDTypes[output], &numbers).map { .rounds(output: output, $0) }
        case .operands:
            guard let input else { return nil }
            return operand(input, facts, &numbers)
        case .results:
            let output = numbers.chance(0.8) ? 0 : numbers.below(facts.outputDTypes.count)
            let place = place(ofTensor: true, &numbers)
            let fillings: [MutantFilling] = [
                .unwritten, .zero, .earlier(1 << numbers.below(7)), .inexact
            ]
            return .result(output: output, place, numbers.pick(fillings))
        case .attributes: return attribute(facts, &numbers)
        case .time:
            let attributes = facts.schema.attributes.map(\.name)
            switch numbers.below(attributes.isEmpty ? 2 : 3) {
            case 0: return input.map { .keepsInput($0) }
            case 1: return .skipsRun(1 + numbers.below(4))
            default: return .sharesKernels(attribute: numbers.pick(attributes))
            }
        case .errors:
            guard facts.hasIndices else { return nil }
            return .error(numbers.pick(MutantIndexRange.allCases), numbers.pick(MutantErrorChange.allCases))
        case .memory:
            if let input, numbers.chance(0.4) {
                return .overwritesInput(input, numbers.pick([.first, .middle, .last]))
            }
            return .writesOutside(
                distance: numbers.pick([0, 0, 1, 3, 7, 15, 63, 255]), isBefore: numbers.chance(0.3))
        case .threads:
            return numbers.chance(0.5) ? .sharesScratch : .environment(numbers.pick(MutantEnvironment.allCases))
        }
    }

    private static func operand(
        _ input: Int, _ facts: MutantFacts, _ numbers: inout SeededNumbers
    ) -> MutantMistake? {
        let axis = numbers.chance(0.85) ? numbers.below(3) : numbers.below(8)
        switch numbers.below(11) {
        case 0, 1, 2: return .reads(input: input, .lost(axis: axis, place(ofTensor: false, &numbers)))
        case 3, 4, 5: return .reads(input: input, .neighbor(axis: axis, place(ofTensor: false, &numbers)))
        case 6: return .reads(input: input, .first(axis: axis))
        case 7:
            let other = numbers.below(4)
            return axis == other ? nil : .reads(input: input, .exchanged(axis: axis, other))
        case 8: return .reads(input: input, .asDense)
        default:
            guard facts.inputDTypes.count > 1, !facts.isCommutative else { return nil }
            let other = numbers.below(facts.inputDTypes.count)
            return facts.alike.contains([input, other]) && input < other ? .swaps(input, other) : nil
        }
    }

    private static func attribute(_ facts: MutantFacts, _ numbers: inout SeededNumbers) -> MutantMistake? {
        let optional = facts.schema.inputs.indices.filter { facts.schema.inputs[$0].isOptional }
        guard facts.schema.attributes.isEmpty || (!optional.isEmpty && numbers.chance(0.4)) else {
            let attribute = numbers.pick(facts.schema.attributes)
            let changes: [MutantAttribute]
            switch attribute.kind {
            case .bool: changes = [.other(0), .ignored]
            case .integer: changes = [.plus(1), .plus(-1), .negated, .ignored]
            case .number: changes = [.scaled, .ignored, .negated]
            case .string: changes = [.other(numbers.below(8)), .ignored]
            case .integers: changes = [.reversed, .sorted, .shortened, .ignored]
            case .sizes: changes = [.plus(1), .plus(-1)]
            case .dtype: return nil
            }
            // A required attribute can't be absent.
            let change = numbers.pick(changes.filter { if case .ignored = $0 { attribute.isOptional } else { true } })
            return facts.admits(change, of: attribute) ? .attribute(attribute.name, change) : nil
        }
        guard !optional.isEmpty else { return nil }
        let index = numbers.pick(optional)
        return .omits(index, name: facts.schema.inputs[index].name)
    }

    private static func rounding(_ dtypes: Set<DType>, _ numbers: inout SeededNumbers) -> MutantRounding? {
        let isFloat = dtypes.contains(.float32)
        let isInteger = dtypes.contains(.int64)
        guard isFloat || isInteger else { return nil }
        if isInteger, !isFloat || numbers.chance(0.3) {
            return .narrowed(numbers.pick([.int16, .int32, .uint32, .float32, .float64]))
        }
        switch numbers.below(4) {
        case 0: return .narrowed(numbers.pick([.bfloat16, .float16]))
        case 1: return .special(numbers.pick(MutantSpecial.allCases))
        case 2: return .limited(numbers.pick([88, 127, 255, 1024, 32768, 65504, 0x1p24, 0x1p31, 1e30]))
        default: return .inexact(exponent: 6 + numbers.below(5), numbers.pick(MutantBand.allCases))
        }
    }

    private static func place(ofTensor: Bool, _ numbers: inout SeededNumbers) -> MutantPlace {
        switch numbers.below(8) {
        case 0: return .first
        case 1, 2: return .last
        case 3: return .middle
        case 4:
            return .from(
                numbers.pick(
                    ofTensor ? [16, 64, 255, 256, 1024, 4095, 65536, 1 << 20] : [1, 8, 16, 64, 255, 256, 1024, 65536]))
        case 5:
            let width = numbers.pick([2, 4, 8, 16, 32])
            return .lane(numbers.below(width), of: width)
        default: return .tail(of: numbers.pick([2, 4, 8, 16, 32, 64]))
        }
    }

    private static func condition(_ facts: MutantFacts, _ numbers: inout SeededNumbers) -> MutantCondition {
        guard numbers.chance(0.55) else { return .always }
        let dtypes = Set((facts.inputDTypes + facts.outputDTypes).flatMap(\.self)).map(\.rawValue).sorted()
        switch numbers.below(10) {
        case 0, 1: return .dtype(numbers.pick(dtypes))
        case 2: return .rank(atLeast: 2 + numbers.below(4))
        case 3: return .axis(beyond: numbers.pick([8, 16, 32, 64, 128, 255, 256, 512, 1024, 4096, 65535]))
        case 4: return .elements(beyond: numbers.pick([64, 256, 1024, 4096, 65535, 1 << 20]))
        case 5: return .odd(of: numbers.pick([2, 4, 8, 16, 32]))
        case 6 where facts.inputDTypes.count > 1: return .broadcast
        case 7 where !facts.inputDTypes.isEmpty: return numbers.chance(0.5) ? .strided : .scalars
        case 8:
            let optional = facts.schema.attributes.filter(\.isOptional).map(\.name)
            return optional.isEmpty ? .always : .attribute(numbers.pick(optional))
        case 9:
            let optional = facts.schema.inputs.indices.filter { facts.schema.inputs[$0].isOptional }
            guard !optional.isEmpty else { return .always }
            let index = numbers.pick(optional)
            return .input(index, name: facts.schema.inputs[index].name)
        default: return .always
        }
    }
}
