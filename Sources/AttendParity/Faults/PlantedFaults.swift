package import AttendRuntime

/// The published list of planted faults.
package enum PlantedFaults {
    package static let all: [any ListedFault] =
        AttentionMistake.allCases.map(\.fault) + HeadFaults.all + ProductFaults.all + QuantizedFaults.all
        + RowFaults.all + ElementFaults.all
        + NarrowFaults.all + MovementFaults.all + RangeFaults.all + KeptStateFaults.all + SharedMemoryFault.all
        + IndexErrorFault.all
        + EmptyFaults.all + MemoryFault.all + ThreadFault.all + ThreadCountFaults.all + GraphFault.all + BlindFaults.all

    /// The faults that end the process or hang; they need a worker process.
    package static let violent: [any ListedFault] = ViolentFault.all

    /// The fault of the list with this name, or the mutant; nil for an unknown name.
    package static func fault(named name: String) -> (any ListedFault)? {
        (all + violent).first { $0.name == name } ?? MutantDraw.mutant(named: name)
    }

    /// A backend that is correct except for one fault of the list.
    package static func backend(_ base: any ComputeBackend, with fault: any ListedFault) -> any ComputeBackend {
        FaultyBackend(base, fault)
    }

    /// The list as text, one line per fault.
    package static var text: String {
        let faults = all + violent
        let width = faults.map(\.name.count).max() ?? 0
        return faults.map { fault in
            "\(fault.name.aligned(to: width, isNumber: false))  \(fault.summary) (\(fault.extent.rawValue))"
        }.joined(separator: "\n")
    }

    /// The list as a Markdown page.
    package static var page: String {
        let rows = (all + violent).map { fault in
            let operations = fault.operations.joined(separator: ", ")
            return "| `\(fault.name)` | \(operations) | \(fault.summary) | \(fault.extent.rawValue) |"
        }
        return ([preface] + rows).joined(separator: "\n") + "\n"
    }

    private static let preface = """
        # Planted faults

        The faults that `attend parity` must find. Each of these \(all.count + violent.count) faults is a small wrapper
        around a correct backend. `attend parity --self-test` runs the kit against each of them on ten seeds, and
        prints in how many cases the fault acted and how many of them failed. Exit code 3: a fault escaped at some
        seed, or the correct backend failed a case. `--backend NAME` plants the faults in another backend than
        `reference`, `--seed N` selects other seeds, and `attend parity --fault NAME` runs the kit with one of them.

        A fault acts on one element or one row of one result, where it makes a difference; `memory` is a write
        outside of the kernel's results, `thread` a changed state of the thread after the kernel, `run` an effect
        in some runs only.

        The last \(violent.count) kill or hang the process, or leak its memory. They need workers: exactly the affected
        case must fail, and the other cases must still run. `--jobs 0` has no workers and skips them.

        This page is the output of `attend parity --self-test --list --page`.

        | fault | operation | what is wrong | acts on |
        |---|---|---|---|
        """
}
