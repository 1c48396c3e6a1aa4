import AttendRuntime

/// The weights of a model in a folder of safetensors, by their names in ``Transformer``.
struct CheckpointWeights {
    let checkpoint: Checkpoint
    let names: WeightNames
    let map: WeightMap
    /// The floating-point dtype of the weights in graphs.
    let dtype: DType

    /// The settings of quantized matrices, if there are any.
    let quantization: QuantizationSettings?
    /// Whether graphs get quantized matrices as numbers.
    var dequantizes = false

    init(_ checkpoint: Checkpoint, _ map: WeightMap, _ dtype: DType, _ quantization: QuantizationSettings?) {
        (self.checkpoint, self.map, self.dtype) = (checkpoint, map, dtype)
        self.quantization = quantization
        names = WeightNames(checkpoint, map)
    }

    /// Whether the family has this weight and the checkpoint has its tensor.
    func contains(_ name: String) -> Bool { map.known(name).map { names.contains($0.name) } ?? false }

    /// The weights in ``dtype``, rounded from any other floating-point type: those that are stored in it are not
    /// converted. Large ones are read where they are needed.
    var constants: WeightSource {
        .stored { [self] name, shape in
            let place = map.place(of: name)
            let (tensor, stored) = (try names.tensor(for: place.name), try place.storedShape(shape))
            if let quantized = try QuantizedPlace(of: tensor, place, shape, self) {
                if !dequantizes { return .quantized(try quantized.tensor(dtype)) }
            } else {
                try checkpoint.file(holding: tensor).checkFloats(named: tensor, shape: stored)
            }
            return .plain(try ConstantTensor(ofFile: tensor, dtype, shape) { try self.tensor(name, shape) })
        }
    }

    /// One weight; of a quantized matrix its numbers.
    func tensor(_ name: String, _ shape: [Int]) throws -> Tensor {
        let place = map.place(of: name)
        let tensor = try names.tensor(for: place.name)
        if let quantized = try QuantizedPlace(of: tensor, place, shape, self) {
            return try quantized.tensor(.float32).floats().rounded(to: dtype)
        }
        let whole = try checkpoint.floats(named: tensor, shape: place.storedShape(shape), dtype: dtype)
        return try place.weight(shape, in: whole)
    }

    /// Shapes only: each is checked against the files, and no weights are read.
    var shapes: WeightSource {
        .declared { [self] name, shape in
            let place = map.place(of: name)
            let tensor = try names.tensor(for: place.name)
            guard try QuantizedPlace(of: tensor, place, shape, self) == nil else { return }
            try checkpoint.check(tensor, shape: place.storedShape(shape))
        }
    }
}
