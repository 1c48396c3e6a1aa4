import AttendCore

/// A model's weights in a folder of safetensors, by the model's own names.
struct CheckpointWeights {
    let checkpoint: Checkpoint
    let names: WeightNames

    init(folder: String) throws(SafetensorsError) {
        checkpoint = try Checkpoint(folder: folder)
        names = WeightNames(checkpoint)
    }

    func contains(_ name: String) -> Bool { names.contains(name) }

    /// The weights as float32, converted from any floating-point type.
    var tensors: WeightSource {
        .tensors { [self] name, shape in try checkpoint.floats(named: names.tensor(for: name), shape: shape) }
    }

    /// Shapes alone: each is checked against the files, and no weight is read.
    var shapes: WeightSource {
        .declared { [self] name, shape in try checkpoint.check(names.tensor(for: name), shape: shape) }
    }
}
