import AttendParity

/// A reader of one kind of file, and the properties of its results.
protocol FuzzTarget: Sendable {
    /// Sound inputs, each of which runs right as it is. Made once in a process.
    func seeds() throws -> [Draft]

    /// How seeds are changed.
    func mutator(_ pools: ValuePools) -> Mutator

    /// Reads and uses the files as users do.
    ///
    /// - Throws: ``Wrong`` for what must not be; any other error is a refusal, whose message is judged.
    func run(_ trial: FuzzTrial) throws
}

extension FuzzTarget {
    func mutator(_ pools: ValuePools) -> Mutator { Mutator(pools: pools) }
}

/// One case as its target sees it.
final class FuzzTrial {
    /// Where the files lie.
    let folder: String
    let draft: Draft
    let mutations: [Mutation]
    var numbers: SeededNumbers
    /// What memory a case may take, in bytes.
    let memoryLimit: Int
    /// Whether the files were read whole and accepted.
    private(set) var isRead = false

    init(folder: String, draft: Draft, mutations: [Mutation], numbers: SeededNumbers, memoryLimit: Int) {
        (self.folder, self.draft, self.mutations) = (folder, draft, mutations)
        (self.numbers, self.memoryLimit) = (numbers, memoryLimit)
    }

    func path(_ file: String) -> String { "\(folder)/\(file)" }

    /// Runs the call that accepts or refuses the files.
    func read<Result>(_ body: () throws -> Result) throws -> Result {
        let result = try body()
        isRead = true
        return result
    }

    func require(_ holds: Bool, _ message: @autoclosure () -> String) throws {
        if !holds { throw Wrong(message()) }
    }

    /// Runs a step that must succeed once the files are accepted.
    func must<Result>(_ what: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as Wrong {
            throw error
        } catch {
            throw Wrong("\(what): \(error)")
        }
    }

    /// Files in which no byte or setting was changed.
    func isUntouched(_ file: String) -> Bool { !mutations.contains { $0.file == file } }
}

/// A property that does not hold.
struct Wrong: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
