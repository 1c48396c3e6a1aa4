import AttendRuntime

/// The bits that each step of a run read and gave, as hashes: what two runs of the same nodes are compared by.
struct StepTrace {
    private struct Record {
        var node: String
        var key: Key
        /// Of values that were computed; a constant has none.
        var inputs: [Int?]
        var outputs: [Int?]
    }

    private struct Key: Hashable {
        var node: String
        var operation: String
        var kernel: String
    }

    private var records: [Record] = []
    private var places: [Key: [Int]] = [:]

    mutating func add(_ step: RecordedStep) {
        let key = Key(node: step.place.node, operation: step.place.operation, kernel: step.place.kernel)
        places[key, default: []].append(records.count)
        records.append(
            Record(
                node: step.place.node, key: key,
                inputs: zip(step.inputs, step.request.inputs).map { tensor, operand in
                    operand?.isConstant ?? true ? nil : tensor?.bitHash
                },
                outputs: step.outputs.map { $0?.bitHash }))
    }

    /// The first step of this run that read or gave other bits than its counterpart. Steps of which the other run has more or
    /// fewer (copies that several nodes share) are passed over.
    func firstDifference(from other: StepTrace) -> (node: String, hasReadOther: Bool)? {
        for record in records {
            guard let mine = places[record.key], mine.count == 1, let theirs = other.places[record.key],
                theirs.count == 1
            else { continue }
            let counterpart = other.records[theirs[0]]
            let hasReadOther = record.inputs != counterpart.inputs
            if hasReadOther || record.outputs != counterpart.outputs { return (record.node, hasReadOther) }
        }
        return nil
    }
}

extension Tensor {
    /// Equal for equal bits, within one process.
    fileprivate var bitHash: Int {
        var hasher = Hasher()
        switch storage {
        case .float32(let values): for value in values { hasher.combine(value.bitPattern) }
        case .float16(let bits), .bfloat16(let bits): hasher.combine(bits)
        case .int32(let values): hasher.combine(values)
        case .int64(let values): hasher.combine(values)
        case .bool(let bytes): hasher.combine(bytes)
        }
        return hasher.finalize()
    }
}
