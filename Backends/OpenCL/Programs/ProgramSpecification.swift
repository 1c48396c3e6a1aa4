/// What a program is compiled from: kernel files in order, and the macros that cut them to a dtype, an operation, a width.
struct ProgramSpecification: Hashable, Sendable {
    var files: [KernelFile]
    /// Sorted by name, so that equal programs have equal texts.
    private var defines: [String: String]

    init(_ files: [KernelFile], _ defines: [String: String] = [:]) {
        self.files = files
        self.defines = defines
    }

    mutating func define(_ name: String, _ value: String = "1") { defines[name] = value }

    subscript(name: String) -> String? { defines[name] }

    var source: String { files.map(\.text).joined(separator: "\n") }

    /// OpenCL C 1.2: newer compilers trip over the generic address space. Nothing is relaxed: with finite-only mathematics a NaN
    /// would be overlooked.
    var options: String {
        let macros = defines.sorted { $0.key < $1.key }.map { "-D \($0.key)=\($0.value)" }
        return (["-cl-std=CL1.2"] + macros).joined(separator: " ")
    }

    /// For errors and profiles.
    var label: String { files.last?.rawValue ?? "" }
}

/// The files of `Kernels/`; their texts are embedded when the package is built.
enum KernelFile: String, CaseIterable, Sendable {
    case prelude, functions, elementwise, moves, scatter, sources, groups, rows, reductions
    case productsCPU = "products_cpu"
    case productsGPU = "products_gpu"
    case attentionCommon = "attention_common"
    case attentionCPU = "attention_cpu"
    case attentionGPU = "attention_gpu"

    var text: String {
        guard let text = KernelSources.texts[rawValue] else {
            preconditionFailure("every kernel file is embedded: \(rawValue).cl is not")
        }
        return text
    }
}
