import AttendRuntime

/// The hashes of each step's inputs and results, for comparing two runs of the same nodes.
struct StepTrace {
    private struct Record {
        var node: String
        var key: Key
        /// The hashes of computed inputs; nil for constants.
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

    /// The first step whose inputs or results differ from its counterpart's. Steps that occur a different number of
    /// times in the other run (copies shared by several nodes) are skipped.
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
    /// A hash of the bits, valid within one process.
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
