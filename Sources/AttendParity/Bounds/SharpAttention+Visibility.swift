import AttendRuntime
import ReferenceBackend

extension SharpAttention {
    /// The keys visible to a query, by mask, bias, lengths, causality and window together.
    struct Visibility {
        private let sizes: Sizes
        private let mask: Layout?
        private let bias: Layout?
        private let isCausal: Bool
        private let isUpperLeft: Bool
        private let window: Int?

        init(_ request: KernelRequest, _ sizes: Sizes) {
            self.sizes = sizes
            mask = request.inputs[3].map { Layout(dense: $0.shape).broadcast(to: sizes.scores) }
            bias = request.inputs[4].map { Layout(dense: $0.shape).broadcast(to: sizes.scores) }
            isCausal = request.attributes.bool("causal")
            isUpperLeft = request.attributes.string("alignment") == "upper_left"
            window = request.attributes.optionalInteger("window")
        }

        func row(_ inputs: [SharpInput?], _ batch: Int, _ head: Int, _ query: Int) -> [Bool] {
            let (masks, biases) = (inputs[3]?.bools ?? [], inputs[4]?.floats ?? [])
            let length = inputs[5].map { Int($0.integers[batch]) }
            // Clamped so that no sum can overflow, for any input.
            let position = query + min(max(offset(inputs[6]?.integers, length, batch), -(1 << 60)), 1 << 60)
            return (0..<sizes.keys).map { key in
                if let mask, !masks[mask.position([batch, head, query, key])] { return false }
                if let bias, biases[bias.position([batch, head, query, key])].value == -.infinity { return false }
                if let length, key >= length { return false }
                if isCausal, key > position { return false }
                guard let window else { return true }
                return key > position - window && (isCausal || key < position + window)
            }
        }

        /// The position of the first query among the keys.
        private func offset(_ given: [Int64]?, _ length: Int?, _ batch: Int) -> Int {
            if let given { return Int(given.count == 1 ? given[0] : given[batch]) }
            return isUpperLeft ? 0 : max(length ?? sizes.keys, -(1 << 60)) - sizes.queries
        }
    }
}
