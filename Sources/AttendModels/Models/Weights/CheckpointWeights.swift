import AttendRuntime

/// The weights of a model in a folder of safetensors, by their names in ``Transformer``.
struct CheckpointWeights {
    let checkpoint: Checkpoint
    let names: WeightNames
    let map: WeightMap

    init(_ checkpoint: Checkpoint, _ map: WeightMap) {
        (self.checkpoint, self.map) = (checkpoint, map)
        names = WeightNames(checkpoint, map)
    }

    /// Whether the family has this weight and the checkpoint has its tensor.
    func contains(_ name: String) -> Bool { map.known(name).map { names.contains($0.name) } ?? false }

    /// The weights as float32, converted from any floating-point type. Large ones are read where they are needed.
    var constants: WeightSource {
        .constants { [self] name, shape in
            let place = map.place(of: name)
            let (tensor, stored) = (try names.tensor(for: place.name), try place.storedShape(shape))
            try checkpoint.file(holding: tensor).checkFloats(named: tensor, shape: stored)
            return try ConstantTensor(ofFile: tensor, .float32, shape) { try self.tensor(name, shape) }
        }
    }

    /// One weight as float32.
    func tensor(_ name: String, _ shape: [Int]) throws -> Tensor {
        let place = map.place(of: name)
        return try CheckpointWeights.weight(shape, at: place, in: stored(place, shape))
    }

    /// The tensor that holds a weight of this shape.
    private func stored(_ place: WeightMap.Place, _ shape: [Int]) throws(SafetensorsError) -> Tensor {
        try checkpoint.floats(named: names.tensor(for: place.name), shape: place.storedShape(shape))
    }

    /// Shapes only: each is checked against the files, and no weights are read.
    var shapes: WeightSource {
        .declared { [self] name, shape in
            let place = map.place(of: name)
            try checkpoint.check(names.tensor(for: place.name), shape: place.storedShape(shape))
        }
    }

    /// Extracts a weight, `[out, in]`, from its tensor.
    private static func weight(_ shape: [Int], at place: WeightMap.Place, in whole: Tensor) throws -> Tensor {
        if place.isRow { return try Tensor(whole.floats(), shape: shape) }
        guard place.part != nil || place.isTransposed else { return whole }
        let values = try whole.floats()
        let (rows, part) = (shape.first ?? 1, place.part?.index ?? 0)
        guard place.isTransposed, shape.count == 2 else {
            let count = shape.product
            return try Tensor(Array(values[(part * count)..<((part + 1) * count)]), shape: shape)
        }
        let (columns, stride) = (shape[1], whole.shape[1])
        var weight = [Float](repeating: 0, count: shape.product)
        // Blocks of both matrices fit in the L1 cache.
        let block = 32
        for top in Swift.stride(from: 0, to: rows, by: block) {
            for left in Swift.stride(from: 0, to: columns, by: block) {
                for row in top..<min(top + block, rows) {
                    for column in left..<min(left + block, columns) {
                        weight[row * columns + column] = values[column * stride + part * rows + row]
                    }
                }
            }
        }
        return try Tensor(weight, shape: shape)
    }
}
