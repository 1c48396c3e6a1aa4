/// The files of `Kernels/`, embedded at build time.
enum KernelFile: String, CaseIterable, Sendable {
    case prelude, functions, elementwise, moves, scatter, sources, groups, rows, reductions, quantized
    case productsCPU = "products_cpu"
    case productsGPU = "products_gpu"
    case attentionCommon = "attention_common"
    case attentionTiles = "attention_tiles"
    case attentionFew = "attention_few"
    case attentionCPU = "attention_cpu"
    case attentionGPU = "attention_gpu"

    var text: String {
        guard let text = KernelSources.texts[rawValue] else {
            preconditionFailure("every kernel file is embedded: \(rawValue).cl is not")
        }
        return text
    }
}
