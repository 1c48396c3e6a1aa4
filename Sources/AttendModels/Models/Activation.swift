/// A function of one number between two products, as configurations name it. Parameters are PyTorch's defaults.
///
/// Formulas are those of `transformers/activations.py` and `torch.nn`.
public enum Activation: String, Sendable, CaseIterable {
    /// x · Φ(x), by erf (Hendrycks and Gimpel 2016).
    case gelu
    /// Its approximation by tanh, which has five names in `transformers`.
    case geluTanh = "gelu_pytorch_tanh"
    /// ``gelu`` within ±10.
    case geluClipped = "gelu_10"
    /// x · σ(1.702 x).
    case geluQuick = "quick_gelu"
    case relu
    case reluSquared = "relu2"
    case relu6
    case leakyReLU = "leaky_relu"
    /// x · σ(x), also called swish.
    case silu
    case sigmoid, tanh
    /// x as it is.
    case linear
    /// x · tanh(softplus(x)) (Misra 2019).
    case mish
    case hardswish, hardsigmoid, hardtanh
    case elu, selu
    case softplus, softsign
    case sqrtSoftplus = "sqrtsoftplus"
    case logSigmoid = "log_sigmoid"
    case laplace
    case tanhshrink, softshrink, hardshrink
    /// The slope of a randomized leaky ReLU outside of training: the mean of 1/8 and 1/3.
    case rrelu

    /// By its name in a `config.json` (`hidden_act`); nil for one that is not known, or has weights of its own.
    public init?(transformersName name: String) {
        switch name {
        case "gelu", "gelu_python": self = .gelu
        case "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_accurate": self = .geluTanh
        case "silu", "swish": self = .silu
        case "gelu_10", "quick_gelu", "relu", "relu2", "relu6", "leaky_relu", "sigmoid", "tanh", "linear", "mish",
            "hardswish", "laplace", "sqrtsoftplus":
            self.init(rawValue: name)
        default: return nil
        }
    }

    /// The names that ``init(transformersName:)`` knows.
    public static let transformersNames = [
        "gelu", "gelu_10", "gelu_accurate", "gelu_fast", "gelu_new", "gelu_python", "gelu_python_tanh",
        "gelu_pytorch_tanh", "hardswish", "laplace", "leaky_relu", "linear", "mish", "quick_gelu", "relu", "relu2",
        "relu6", "sigmoid", "silu", "sqrtsoftplus", "swish", "tanh"
    ]

    /// By a class of `torch.nn`, such as `torch.nn.modules.activation.Tanh`; nil for one that is not known, or has weights or settings of
    /// its own.
    public init?(torchClass name: String) {
        guard name.hasPrefix("torch.nn."),
            let found = Activation.torchClasses[String(name.split(separator: ".").last ?? "")]
        else { return nil }
        self = found
    }

    /// The classes that ``init(torchClass:)`` knows, without their modules.
    public static let torchClasses: [String: Activation] = [
        "Identity": .linear, "Tanh": .tanh, "ReLU": .relu, "ReLU6": .relu6, "GELU": .gelu, "Sigmoid": .sigmoid,
        "SiLU": .silu, "LeakyReLU": .leakyReLU, "ELU": .elu, "CELU": .elu, "SELU": .selu, "Softplus": .softplus,
        "Softsign": .softsign, "Mish": .mish, "Hardswish": .hardswish, "Hardsigmoid": .hardsigmoid,
        "Hardtanh": .hardtanh, "LogSigmoid": .logSigmoid, "Tanhshrink": .tanhshrink, "Softshrink": .softshrink,
        "Hardshrink": .hardshrink, "RReLU": .rrelu
    ]
}
