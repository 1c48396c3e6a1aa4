import AttendParity
import AttendRuntime

/// Names of parity cases, as in `attend parity --case`; small cases are built and run.
struct CaseTarget: FuzzTarget {
    /// The maximum number of input elements of a case to run.
    private static let elementLimit = 1 << 12

    func seeds() throws -> [Draft] {
        CaseCatalog.operations.flatMap { operation in
            CaseCatalog.cases(of: operation, CaseSelection(isQuick: true, seed: 1, seededCount: 3)).prefix(6)
        }.map { Draft([DraftFile("case.txt", .text($0.name))]) }
    }

    func mutator(_ pools: ValuePools) -> Mutator {
        var mutator = Mutator(pools: pools)
        mutator.weights = MutationWeights(
            other: 4, nudge: 4, consistent: 4, structure: 4, boundary: 4, bytes: 6, file: 1, sound: 73)
        mutator.sound = [CaseChanges()]
        return mutator
    }

    func run(_ trial: FuzzTrial) throws {
        let path = trial.path("case.txt")
        let parityCase: ParityCase
        do {
            parityCase = try ParityCase(
                parsing: String(decoding: InputFile.contents(of: path, limit: 1 << 20), as: UTF8.self))
        } catch let error as CaseError {
            throw FuzzError("\(path): \(error)")
        }
        try trial.read {}
        let again = try trial.must("a case's name can't be read") { try ParityCase(parsing: parityCase.name) }
        try trial.require(again == parityCase, "\(parityCase.name) changes when it is read again")
        let built = try parityCase.build()
        guard built.inputs.values.reduce(0, { $0 + $1.elementCount }) <= CaseTarget.elementLimit else { return }
        do {
            try GraphExam(trial: trial).check(built.graph, given: built.inputs)
        } catch is GraphExam.TooLarge {}
    }
}
