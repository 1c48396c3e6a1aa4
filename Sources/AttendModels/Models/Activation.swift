/// An elementwise activation function. Parameters are PyTorch's defaults; formulas are those of
/// `transformers/activations.py` and `torch.nn`.
public enum Activation: String, Sendable, CaseIterable {
    /// x · Φ(x), by erf (Hendrycks and Gimpel 2016).
    case gelu
    /// The approximation of ``gelu`` by tanh; `transformers` has five names for it.
    case geluTanh = "gelu_pytorch_tanh"
    /// ``gelu``, clamped to ±10.
    case geluClipped = "gelu_10"
    /// x · σ(1.702 x).
    case geluQuick = "quick_gelu"
    /// max(x, 0).
    case relu
    /// max(x, 0)².
    case reluSquared = "relu2"
    /// min(max(x, 0), 6).
    case relu6
    /// x if positive, else x / 100.
    case leakyReLU = "leaky_relu"
    /// x · σ(x), also called swish.
    case silu
    /// The standard function of this name.
    case sigmoid, tanh
    /// The identity.
    case linear
    /// x · tanh(softplus(x)) (Misra 2019).
    case mish
    /// The piecewise approximation of ``silu``, ``sigmoid`` or ``tanh``.
    case hardswish, hardsigmoid, hardtanh
    /// x if positive, else eˣ − 1; scaled in SELU (Clevert et al. 2016; Klambauer et al. 2017).
    case elu, selu
    /// log(1 + eˣ); x / (1 + |x|).
    case softplus, softsign
    /// √log(1 + eˣ).
    case sqrtSoftplus = "sqrtsoftplus"
    /// log σ(x).
    case logSigmoid = "log_sigmoid"
    /// The normal distribution function with mean 0.707107 and standard deviation 0.282095.
    case laplace
    /// x − tanh x; x moved by 0.5 towards 0; x with 0 for |x| ≤ 0.5.
    case tanhshrink, softshrink, hardshrink
    /// A randomized leaky ReLU in inference mode: its negative slope is the mean of 1/8 and 1/3.
    case rrelu

    /// The activation of a `hidden_act` in a `config.json`; nil for an unknown name, or an activation with weights of
    /// its own.
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

    /// The names that ``init(transformersName:)`` supports, sorted.
    public static let transformersNames = [
        "gelu", "gelu_10", "gelu_accurate", "gelu_fast", "gelu_new", "gelu_python", "gelu_python_tanh",
        "gelu_pytorch_tanh", "hardswish", "laplace", "leaky_relu", "linear", "mish", "quick_gelu", "relu", "relu2",
        "relu6", "sigmoid", "silu", "sqrtsoftplus", "swish", "tanh"
    ]

    /// The activation of a class of `torch.nn`, such as `torch.nn.modules.activation.Tanh`; nil for an unknown class,
    /// or one with weights or settings of its own.
    public init?(torchClass name: String) {
        guard name.hasPrefix("torch.nn."),
            let found = Activation.torchClasses[String(name.split(separator: ".").last ?? "")]
        else { return nil }
        self = found
    }

    /// The classes that ``init(torchClass:)`` supports, without their modules.
    public static let torchClasses: [String: Activation] = [
        "Identity": .linear, "Tanh": .tanh, "ReLU": .relu, "ReLU6": .relu6, "GELU": .gelu, "Sigmoid": .sigmoid,
        "SiLU": .silu, "LeakyReLU": .leakyReLU, "ELU": .elu, "CELU": .elu, "SELU": .selu, "Softplus": .softplus,
        "Softsign": .softsign, "Mish": .mish, "Hardswish": .hardswish, "Hardsigmoid": .hardsigmoid,
        "Hardtanh": .hardtanh, "LogSigmoid": .logSigmoid, "Tanhshrink": .tanhshrink, "Softshrink": .softshrink,
        "Hardshrink": .hardshrink, "RReLU": .rrelu
    ]
}
