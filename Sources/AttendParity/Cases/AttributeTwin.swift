import AttendRuntime

/// A case whose request differs from another's in attributes alone, so that kernels kept by the rest of their requests
/// show.
enum AttributeTwin {
    /// A twin of a case, with one setting changed to one that other cases of the operation have; nil if a few tries find
    /// none.
    static func twin(
        of subject: ParityCase, _ built: BuiltCase, among others: [ParityCase], _ numbers: inout SeededNumbers
    ) -> ParityCase.Member? {
        let types = built.inputs.mapValues { "\($0.dtype)\($0.shape)" }
        for _ in 0..<tries {
            guard let other = others.randomElement(using: &numbers) else { return nil }
            let keys = ParityCase.differences(other.settings, subject.settings)
            let attributes = keys.filter(attributes.contains)
            let isAxis = subject.settings["axis"] != nil && numbers.chance(0.3)
            guard
                let key = isAxis
                    ? "axis"
                    : (attributes.isEmpty || numbers.chance(0.2) ? keys : attributes).randomElement(using: &numbers)
            else { continue }
            var settings = subject.settings
            settings[key] = isAxis ? "\(numbers.below(4))" : other.settings[key]
            let candidate = ParityCase(subject.operation, settings)
            guard let twin = try? candidate.build(), twin.fitsCrowd, differs(twin, from: built),
                twin.inputs.mapValues({ "\($0.dtype)\($0.shape)" }) == types
            else { continue }
            return (candidate, twin)
        }
        return nil
    }

    private static let tries = 24

    /// Settings that change an attribute alone in most cases.
    private static let attributes: Set = [
        "activation", "after", "alignment", "axes", "axis", "before", "causal", "dilation", "ends", "epsilon",
        "interleaved", "keep", "key", "padding", "permutation", "scale", "soft-cap", "starts", "steps", "stride",
        "tanh", "to", "transpose-lhs", "transpose-rhs", "value", "window"
    ]

    /// Whether the graphs have the same operations with other attributes.
    private static func differs(_ twin: BuiltCase, from built: BuiltCase) -> Bool {
        twin.graph.nodes.map(\.operation.id) == built.graph.nodes.map(\.operation.id)
            && twin.graph.nodes.map(\.operation) != built.graph.nodes.map(\.operation)
    }
}
