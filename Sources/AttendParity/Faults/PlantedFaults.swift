package import AttendRuntime

/// The published list of planted faults.
package enum PlantedFaults {
    package static let all: [any ListedFault] =
        AttentionMistake.allCases.map(\.fault) + HeadFaults.all + ProductFaults.all + RowFaults.all + ElementFaults.all
        + MovementFaults.all + MemoryFault.all + ThreadFault.all + GraphFault.all

    /// The faults that end the process or hang; they need a worker process.
    package static let violent: [any ListedFault] = ViolentFault.all

    package static func fault(named name: String) -> (any ListedFault)? {
        (all + violent).first { $0.name == name }
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
            let padding = String(repeating: " ", count: width - fault.name.count)
            return "\(fault.name)\(padding)  \(fault.summary) (\(fault.extent.rawValue))"
        }.joined(separator: "\n")
    }

    /// The list as a Markdown page.
    package static var page: String {
        let rows = (all + violent).map { fault in
            let operations = fault.operations.joined(separator: ", ")
            return "| `\(fault.name)` | \(operations) | \(fault.summary) | \(fault.extent.rawValue) |"
        }
        return (preface + rows).joined(separator: "\n") + "\n"
    }

    private static let preface = [
        "# Planted faults",
        "",
        "What `attend parity` must find. Each of these \(all.count + violent.count) faults is a small wrapper around a backend that is right",
        "otherwise. `attend parity --self-test` runs the kit against every one of them, on ten seeds, and prints how many",
        "cases the fault acted in and how many failed; exit code 3 when one escapes at any seed, or when a backend without",
        "a fault is complained of. `--backend NAME` plants them in another backend than `reference`, `--seed N` takes other",
        "seeds, and `attend parity --fault NAME` runs the kit with one of them.",
        "",
        "A fault acts on one element or one row of one result, one in which it makes a difference; `memory` is a write where",
        "nothing of the kernel's lies, `thread` what is left of the thread after the kernel, `run` what shows in some runs only.",
        "",
        "The last \(violent.count) end or hang the process. They run in workers: each case has to be one failure, and the",
        "others have to go on. `--jobs 0`, which has no workers, leaves them out.",
        "",
        "This page is `attend parity --self-test --list --page`.",
        "",
        "| fault | operation | what is wrong | acts on |",
        "|---|---|---|---|"
    ]
}
