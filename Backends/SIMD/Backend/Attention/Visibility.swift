import AttendBackend

/// The keys visible to a query by mask, lengths, causality and window; a bias of −∞ is handled by the row kernel.
struct Visibility: Sendable {
    private let keys: Int
    private let queries: Int
    let mask: Layout?
    private let lengths: Integers?
    private let offsets: Integers?
    private let isCausal: Bool
    private let window: Int?
    private let isUpperLeft: Bool

    /// An int32 or int64 input of shape `[]` or `[batch]`.
    private struct Integers: Sendable {
        let input: Int
        let isWide: Bool
        let isScalar: Bool

        init?(_ operand: Operand?, _ input: AttentionCall.Input) {
            guard let operand else { return nil }
            self.input = input.rawValue
            isWide = operand.dtype == .int64
            isScalar = operand.elementCount == 1
        }

        func value(_ operands: HostOperands, _ batch: Int) -> Int {
            let index = isScalar ? 0 : batch
            return isWide
                ? Int(operands.input(input, as: Int64.self)[index]) : Int(operands.input(input, as: Int32.self)[index])
        }
    }

    init(_ call: AttentionCall) {
        queries = call.queries
        keys = call.keys
        mask = call.mask?.layout.broadcast(to: call.scores)
        lengths = Integers(call.keyLengths, .keyLengths)
        offsets = Integers(call.queryOffset, .queryOffset)
        isCausal = call.isCausal
        window = call.window
        isUpperLeft = call.isUpperLeft
    }

    private func held(_ place: Int) -> Int { min(max(place, -(1 << 60)), 1 << 60) }

    var hidesAnything: Bool { mask != nil || lengths != nil || isCausal || window != nil }

    /// Writes 1 for each visible key and 0 for each hidden one; returns false, without writing, if all are visible.
    func fill(
        _ visible: UnsafeMutablePointer<UInt8>, _ operands: HostOperands, _ batch: Int, _ head: Int, _ query: Int
    ) -> Bool {
        guard hidesAnything else { return false }
        let seen = range(operands, batch, query)
        visible.update(repeating: 0, count: keys)
        guard let mask else {
            (visible + seen.lowerBound).update(repeating: 1, count: seen.count)
            return true
        }
        let row = maskRow(mask, operands, batch, head, query)
        for key in seen { visible[key] = row[key * mask.strides[3]] }
        return true
    }

    /// The mask's bytes for a query, the last stride of its layout apart; nil without a mask.
    func maskRow(_ operands: HostOperands, _ batch: Int, _ head: Int, _ query: Int) -> UnsafePointer<UInt8>? {
        mask.map { maskRow($0, operands, batch, head, query) }
    }

    private func maskRow(
        _ mask: Layout, _ operands: HostOperands, _ batch: Int, _ head: Int, _ query: Int
    ) -> UnsafePointer<UInt8> {
        let strides = mask.strides
        return operands.input(3, as: UInt8.self) + mask.offset + batch * strides[0] + head * strides[1] + query
            * strides[2]
    }

    /// The keys that lengths, causality and window leave to a query; a mask may hide more.
    func range(_ operands: HostOperands, _ batch: Int, _ query: Int) -> Range<Int> {
        let length = lengths?.value(operands, batch)
        var seen = 0..<keys
        if let length { seen = seen.clamped(to: 0..<max(0, length)) }
        if isCausal || window != nil {
            // Clamped so that no sum below overflows.
            let position =
                held(offsets?.value(operands, batch) ?? (isUpperLeft ? 0 : held(length ?? keys) - queries)) + query
            if isCausal { seen = seen.clamped(to: 0..<max(0, position + 1)) }
            if let window {
                let low = max(0, position - window + 1)
                let high = isCausal ? max(low, position + 1) : max(low, position + window)
                seen = seen.clamped(to: low..<high)
            }
        }
        return seen
    }
}
