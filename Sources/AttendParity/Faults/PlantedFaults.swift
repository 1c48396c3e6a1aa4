package import AttendCore

/// The published list of planted faults.
package enum PlantedFaults {
    package static let all: [any ListedFault] =
        AttentionMistake.allCases.map(\.fault) + HeadFaults.all + ProductFaults.all + RowFaults.all + ElementFaults.all
        + MovementFaults.all + MemoryFault.all

    package static func fault(named name: String) -> (any ListedFault)? { all.first { $0.name == name } }

    /// A backend that is right but for one fault of the list.
    package static func backend(_ base: any ComputeBackend, with fault: any ListedFault) -> any ComputeBackend {
        FaultyBackend(base, fault)
    }

    /// The list as text: a line for each.
    package static var text: String {
        let width = all.map(\.name.count).max() ?? 0
        return all.map { fault in
            let padding = String(repeating: " ", count: width - fault.name.count)
            return "\(fault.name)\(padding)  \(fault.summary) (\(fault.extent.rawValue))"
        }.joined(separator: "\n")
    }

    /// The list as the rows of a Markdown table.
    package static var markdown: String {
        let rows = all.map { fault in
            "| `\(fault.name)` | \(fault.operations.joined(separator: ", ")) | \(fault.summary) | \(fault.extent.rawValue) |"
        }
        return (["| fault | operation | what is wrong | acts on |", "|---|---|---|---|"] + rows).joined(separator: "\n")
    }
}
