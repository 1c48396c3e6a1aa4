import AttendRuntime

/// The weights of a model in a folder of safetensors, by their names in ``Transformer``.
struct CheckpointWeights {
    let checkpoint: Checkpoint
    let names: WeightNames
    let map: WeightMap
    /// The floating-point dtype of the weights in graphs.
    let dtype: DType

    init(_ checkpoint: Checkpoint, _ map: WeightMap, _ dtype: DType) {
        (self.checkpoint, self.map, self.dtype) = (checkpoint, map, dtype)
        names = WeightNames(checkpoint, map)
    }

    /// Whether the family has this weight and the checkpoint has its tensor.
    func contains(_ name: String) -> Bool { map.known(name).map { names.contains($0.name) } ?? false }

    /// The weights in ``dtype``, rounded from any other floating-point type: those that are stored in it are not
    /// converted. Large ones are read where they are needed.
    var constants: WeightSource {
        .constants { [self] name, shape in
            let place = map.place(of: name)
            let (tensor, stored) = (try names.tensor(for: place.name), try place.storedShape(shape))
            try checkpoint.file(holding: tensor).checkFloats(named: tensor, shape: stored)
            return try ConstantTensor(ofFile: tensor, dtype, shape) { try self.tensor(name, shape) }
        }
    }

    /// One weight.
    func tensor(_ name: String, _ shape: [Int]) throws -> Tensor {
        let place = map.place(of: name)
        let whole = try checkpoint.floats(
            named: names.tensor(for: place.name), shape: place.storedShape(shape), dtype: dtype)
        return try place.weight(shape, in: whole)
    }

    /// Shapes only: each is checked against the files, and no weights are read.
    var shapes: WeightSource {
        .declared { [self] name, shape in
            let place = map.place(of: name)
            try checkpoint.check(names.tensor(for: place.name), shape: place.storedShape(shape))
        }
    }
}
