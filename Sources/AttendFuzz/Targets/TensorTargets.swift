import AttendParity
import AttendRuntime

/// Tensors written as JSON.
struct TensorTextTarget: FuzzTarget {
    func seeds() throws -> [Draft] {
        let drafts = try GraphSeeds.drafts().compactMap { draft in
            draft["inputs.json"].map { Draft([DraftFile("tensors.json", $0.content)]) }
        }
        return drafts.enumerated().filter { $0.offset % 3 == 0 }.map(\.element)
    }

    func mutator(_ pools: ValuePools) -> Mutator {
        var mutator = Mutator(pools: pools)
        mutator.weights = MutationWeights(
            other: 8, nudge: 16, consistent: 6, structure: 6, boundary: 8, bytes: 4, file: 1, sound: 51)
        mutator.sound = [
            TensorTextChanges(file: "tensors.json"), TensorTextChanges(file: "tensors.json"), SpellingChanges()
        ]
        return mutator
    }

    func run(_ trial: FuzzTrial) throws {
        let file = try trial.read { try TensorTextFile(trial.path("tensors.json")) }
        for (name, tensor) in file.tensors {
            try trial.require(
                (try? Tensor.elementCount(of: tensor.shape)) == tensor.elementCount,
                "tensor \"\(name)\" of shape \(tensor.shape) has \(tensor.elementCount) elements")
        }
        try SafetensorsRewriting.check(file.tensors, trial)
    }
}

/// A single safetensors file.
struct SafetensorsTarget: FuzzTarget {
    func seeds() throws -> [Draft] {
        let kinds = ["F32", "F16", "BF16", "F64"]
        var drafts = kinds.map { dtype in
            Draft([
                DraftFile("a.safetensors", .tensors(DraftTensors(Array(ModelSeeds.weights(dtype: dtype).suffix(6)))))
            ])
        }
        let shapes: [(String, String, [Int], Int)] = [
            ("flags", "BOOL", [2, 3], 6), ("ids", "I64", [3], 24), ("small", "I32", [2, 0, 4], 0),
            ("bytes", "U8", [5], 5),
            ("scalar", "F32", [], 4), ("eight", "F8_E4M3", [4], 4), ("name with \"quotes\" é", "I16", [2], 4)
        ]
        let entries = shapes.map {
            DraftTensors.Entry(name: $0, dtype: $1, shape: $2, bytes: (0..<$3).map { UInt8($0 % 2) })
        }
        drafts.append(Draft([DraftFile("a.safetensors", .tensors(DraftTensors(entries, metadata: nil)))]))
        drafts.append(Draft([DraftFile("a.safetensors", .tensors(DraftTensors([])))]))
        return drafts
    }

    func mutator(_ pools: ValuePools) -> Mutator {
        var mutator = Mutator(pools: pools)
        mutator.weights = MutationWeights(
            other: 22, nudge: 20, consistent: 18, structure: 16, boundary: 12, bytes: 8, file: 2)
        return mutator
    }

    func run(_ trial: FuzzTrial) throws {
        let file = try trial.read { try SafetensorsFile(trial.path("a.safetensors")) }
        var tensors: [String: Tensor] = [:]
        var covered = 0
        for entry in file.entries {
            covered += entry.byteCount
            guard entry.dtype != nil else { continue }
            let tensor = try file.tensor(named: entry.name)
            try trial.require(
                tensor.shape == entry.shape && tensor.elementCount * tensor.dtype.byteCount == entry.byteCount,
                "tensor \"\(entry.name)\" has \(tensor.elementCount) elements for \(entry.byteCount) bytes")
            tensors[entry.name] = tensor
        }
        let size = try InputFile(trial.path("a.safetensors")).byteCount
        try trial.require(covered <= size, "tensors cover \(covered) bytes of a file of \(size)")
        try SafetensorsRewriting.check(tensors, trial)
    }
}

enum SafetensorsRewriting {
    /// Checks that tensors keep every bit when written and read again.
    static func check(_ tensors: [String: Tensor], _ trial: FuzzTrial) throws {
        try trial.must("tensors can't be written and read again") {
            let path = trial.path("again.safetensors")
            try SafetensorsFile.write(tensors, to: path)
            let again = try SafetensorsFile(path)
            for (name, tensor) in tensors {
                let found = try again.tensor(named: name)
                guard found.shape == tensor.shape, found.dtype == tensor.dtype,
                    found.firstDifferentBit(from: tensor) == nil
                else { throw Wrong("tensor \"\(name)\" changes when it is written and read again") }
            }
        }
    }
}

/// A checkpoint of several files.
struct ShardsTarget: FuzzTarget {
    func seeds() throws -> [Draft] {
        [
            Draft(ModelSeeds.shards()),
            Draft([DraftFile("model.safetensors", .tensors(DraftTensors(ModelSeeds.weights(prefix: "bert."))))])
        ]
    }

    func mutator(_ pools: ValuePools) -> Mutator {
        var mutator = Mutator(pools: pools)
        mutator.weights = MutationWeights(
            other: 24, nudge: 18, consistent: 20, structure: 14, boundary: 10, bytes: 6, file: 4, sound: 10)
        mutator.favored = ["model-0"]
        return mutator
    }

    func run(_ trial: FuzzTrial) throws {
        let checkpoint = try trial.read { try Checkpoint(folder: trial.folder) }
        try trial.require(Set(checkpoint.names).count == checkpoint.names.count, "a name occurs twice")
        for file in checkpoint.files {
            for entry in file.entries where entry.dtype != nil {
                let tensor = try checkpoint.tensor(named: entry.name, shape: entry.shape)
                try trial.require(tensor.shape == entry.shape, "\"\(entry.name)\" has another shape")
            }
        }
    }
}
