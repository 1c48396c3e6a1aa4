import AttendBackend

/// A kernel with the memory of its operands.
struct KernelStep<Memory: Sendable>: Sendable {
    var placement: Plan.Placement
    var kernel: any Kernel
    /// Nil for a copy between two backends.
    var request: KernelRequest?
    var backendIndex: Int
    var inputs: [Memory?]
    var outputs: [Memory?]

    /// The same step with its memory transformed.
    func mapMemory<Other>(_ transform: (Memory) -> Other) -> KernelStep<Other> {
        KernelStep<Other>(
            placement: placement, kernel: kernel, request: request, backendIndex: backendIndex,
            inputs: inputs.map { $0.map(transform) }, outputs: outputs.map { $0.map(transform) })
    }
}
