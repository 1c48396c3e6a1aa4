import ArgumentParser
import AttendCore
import AttendParity

/// The options about planted faults.
struct PlantedOptions: ParsableArguments {
    @Flag(
        name: .long,
        help: "Run the kit against backends that each have one planted fault, and print which it catches.")
    var selfTest = false

    @Flag(name: .long, help: "With --self-test: print the list of planted faults and run nothing.")
    var list = false

    @Flag(name: .long, help: "With --list: as a page in Markdown.")
    var page = false

    @Option(
        name: .long,
        help:
            "Plant this fault; with --self-test repeatable: those alone. Names are in the list.",
        completion: .list((PlantedFaults.all + PlantedFaults.violent).map(\.name)))
    var fault: [String] = []

    func validate(isSingle: Bool) throws {
        guard !selfTest || !isSingle else {
            throw ValidationError("--self-test chooses its cases itself; it goes with neither --case nor --operation")
        }
        guard selfTest || !list else { throw ValidationError("--list goes with --self-test") }
        guard list || !page else { throw ValidationError("--page goes with --list") }
        guard selfTest || fault.count <= 1 else {
            throw ValidationError("one --fault at a time; several go with --self-test")
        }
        for name in fault where PlantedFaults.fault(named: name) == nil {
            throw ValidationError(
                "there is no planted fault \"\(name)\"; attend parity --self-test --list shows them all")
        }
        if selfTest, let name = fault.first(where: { name in PlantedFaults.violent.contains { $0.name == name } }) {
            throw ValidationError("\"\(name)\" would end the self-test, which runs in this process")
        }
    }

    func writeList() {
        // A line's end comes with writing.
        Terminal.write(page ? String(PlantedFaults.page.dropLast()) : PlantedFaults.text)
    }

    /// The backends with the fault, if one was named.
    func applied(to backends: [any ComputeBackend]) -> [any ComputeBackend] {
        guard let fault = fault.first.flatMap({ PlantedFaults.fault(named: $0) }) else { return backends }
        return backends.map { PlantedFaults.backend($0, with: fault) }
    }

    func score(on backend: any ComputeBackend, first: Int, count: Int, isQuick: Bool) throws -> SelfTestScore {
        let test = try SelfTest(
            of: backend, seeds: (0..<count).map { first + $0 }, isQuick: isQuick, faults: fault.isEmpty ? nil : fault)
        let progress = ParityProgress()
        let score = test.score { step in
            progress.show(
                "seed \(step.seed), \(step.operation)", index: step.index, count: step.count, failures: 0)
        }
        progress.clear()
        return score
    }
}
