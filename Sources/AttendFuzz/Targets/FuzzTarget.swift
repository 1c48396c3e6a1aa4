import AttendParity

/// A reader of one kind of file, and the properties of its results.
protocol FuzzTarget: Sendable {
    /// Valid inputs, each of which runs correctly without mutations. Called once per process.
    func seeds() throws -> [Draft]

    /// The mutator of the seeds.
    func mutator(_ pools: ValuePools) -> Mutator

    /// Reads and uses the files like a user.
    ///
    /// - Throws: ``Wrong`` for a violated property; any other error is a refusal, whose message is checked.
    func run(_ trial: FuzzTrial) throws
}

extension FuzzTarget {
    func mutator(_ pools: ValuePools) -> Mutator { Mutator(pools: pools) }
}

/// One case for its target.
final class FuzzTrial {
    /// The folder of the files.
    let folder: String
    let draft: Draft
    let mutations: [Mutation]
    var numbers: SeededNumbers
    /// The memory limit of a case in bytes.
    let memoryLimit: Int
    /// Whether the files were completely read and accepted.
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

    /// Runs a step that must succeed after the files are accepted.
    func must<Result>(_ what: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as Wrong {
            throw error
        } catch {
            throw Wrong("\(what): \(error)")
        }
    }

    /// Whether no byte or setting of a file was changed.
    func isUntouched(_ file: String) -> Bool { !mutations.contains { $0.file == file } }
}

/// A property that does not hold.
struct Wrong: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
