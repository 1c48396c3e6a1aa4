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

    /// The numbers as float32, whatever floating-point type the files have.
    var tensors: WeightSource {
        .tensors { [self] name, shape in try checkpoint.floats(named: names.tensor(for: name), shape: shape) }
    }

    /// Shapes alone: each weight must stand in the files with its shape, and none is read.
    var shapes: WeightSource {
        .declared { [self] name, shape in try checkpoint.check(names.tensor(for: name), shape: shape) }
    }
}
