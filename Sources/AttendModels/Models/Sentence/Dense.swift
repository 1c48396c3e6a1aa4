import AttendRuntime

/// A linear layer with an activation, applied to one of the features.
struct Dense: SentenceModule {
    let inputDimension: Int
    let outputDimension: Int
    let hasBias: Bool
    let activation: Activation
    /// Whether the input is added to the result, by a projection if the dimensions differ.
    let hasResidual: Bool
    private let input: String
    private let output: String
    private let path: String
    private let weights: ModuleWeights

    /// - Parameter index: The module's index in its list.
    /// - Throws: ``ModelError`` or ``AttendGraph/SafetensorsError`` that names the file.
    init(folder: String, index: Int) throws {
        let file = try ModelFile("\(folder)/config.json")
        path = file.path
        (inputDimension, outputDimension, hasBias, hasResidual) = try file.read { root in
            try root.allowKeys([
                "in_features", "out_features", "bias", "activation_function", "module_input_name",
                "module_output_name", "use_residual"
            ])
            return (
                try root.required("in_features").integer(atLeast: 1),
                try root.required("out_features").integer(atLeast: 1), try root.flag("bias", default: true),
                try root.flag("use_residual", default: false)
            )
        }
        (activation, input, output) = try file.read { root in
            let input = try root.optional("module_input_name")?.string() ?? SentenceFeatures.sentenceEmbedding
            return (
                try Dense.activation(root), input, try root.optional("module_output_name")?.string() ?? input
            )
        }
        var names = ["linear.weight"]
        if hasBias { names.append("linear.bias") }
        if hasResidual, inputDimension != outputDimension { names.append("residual.weight") }
        weights = try ModuleWeights(folder: folder, index: index, names: names)
    }

    private static func activation(_ root: JSONNode) throws(JSONError) -> Activation {
        guard root.value["activation_function"] != nil else { return .tanh }
        let node = try root.required("activation_function")
        guard let activation = Activation(torchClass: try node.string()) else {
            let known = Activation.torchClasses.keys.sorted().joined(separator: ", ")
            throw node.unexpected("torch.nn.modules.activation. and one of \(known)")
        }
        return activation
    }

    var summary: String { "Dense to \(outputDimension)" }

    func apply(to features: inout SentenceFeatures) throws {
        let value = try features.value(
            input, width: inputDimension, setting: "in_features", for: path, key: "module_input_name"
        ).cast(to: features.dtype)
        let weight = weights.source(in: features)
        var result = try activation(
            value.linear(
                weight: weight("linear.weight", [outputDimension, inputDimension]),
                bias: hasBias ? weight("linear.bias", [outputDimension]) : nil))
        if hasResidual {
            let same = inputDimension == outputDimension
            result =
                try result
                + (same ? value : value.linear(weight: weight("residual.weight", [outputDimension, inputDimension])))
        }
        features.values[output] = result
    }
}
