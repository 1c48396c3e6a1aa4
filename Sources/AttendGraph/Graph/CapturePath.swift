/// A capture's name as parts, separated by dots (in names given by users) or slashes (in node names).
struct CapturePath: Hashable {
    var parts: [Substring]

    init(_ name: String) { parts = name.split(omittingEmptySubsequences: false) { $0 == "." || $0 == "/" } }

    private init(parts: [Substring]) { self.parts = parts }

    var text: String { parts.joined(separator: ".") }

    /// The parts after `prefix`, or nil if this does not extend it.
    func rest(after prefix: CapturePath) -> CapturePath? {
        guard parts.count > prefix.parts.count, parts.starts(with: prefix.parts) else { return nil }
        return CapturePath(parts: Array(parts.dropFirst(prefix.parts.count)))
    }

    /// `heads.3.delta` as 3 and `delta`.
    var head: (index: Int, rest: CapturePath)? {
        guard parts.count > 2, parts[0] == "heads", let index = Int(parts[1]), index >= 0 else { return nil }
        return (index, CapturePath(parts: Array(parts.dropFirst(2))))
    }

    func within(_ node: String) -> CapturePath { CapturePath(parts: CapturePath(node).parts + parts) }
}
