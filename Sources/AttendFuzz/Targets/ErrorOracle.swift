import Foundation

/// Checks that the message of a refusal names the file and the setting at fault.
struct ErrorOracle {
    let folder: String
    let mutations: [Mutation]

    /// The longest message in bytes.
    private static let lengthLimit = 2_000

    /// A complaint about the message; nil if it is good.
    func complaint(_ error: any Error) -> String? {
        let message = "\(error)"
        guard message.utf8.count <= ErrorOracle.lengthLimit else {
            return "the message has \(message.utf8.count) bytes: \(message.prefix(160))…"
        }
        guard let start = message.range(of: folder + "/") ?? message.range(of: folder) else {
            // A link may be followed, and its target named.
            return message.contains("/dev/") ? nil : "the message names no file: \(message)"
        }
        let rest = message[start.upperBound...]
        guard let mutation = mutations.first, mutations.count == 1, !mutation.anchors.isEmpty,
            rest.hasPrefix(mutation.file + ":")
        else { return nil }
        // An error in the file's text is identified by line and column.
        let reason = rest.dropFirst(mutation.file.count + 1)
        if reason.contains("line "), reason.contains("column ") { return nil }
        // Two parts of a graph contradict each other: either may be at fault.
        if ["node \"", "input \"", "constant \"", "state \"", "output \"", "function \""].contains(
            where: reason.contains)
        {
            return nil
        }
        return mutation.anchors.contains { reason.contains($0) }
            ? nil : "the message names none of \(mutation.anchors.prefix(8).joined(separator: ", ")): \(message)"
    }
}
