import AttendRuntime

/// Properties of a request for the conditions of faults.
extension KernelRequest {
    private var output: DType? { outputs[0]?.dtype }

    var hasViews: Bool { inputs.contains { $0.map { !$0.layout.isDense } ?? false } }
    var hasOffsets: Bool { inputs.contains { $0?.layout.offset ?? 0 > 0 } }
    var givesFloat32: Bool { output == .float32 }
    var givesFloat16: Bool { output == .float16 }
    var givesIntegers: Bool { output?.isInteger ?? false }
    var castsToIntegers: Bool { givesIntegers && inputs[0]?.dtype.isFloatingPoint ?? false }
    var narrowsToBFloat16: Bool { output == .bfloat16 && inputs[0]?.dtype == .float32 }
    var isExactGELU: Bool { attributes.string("approximation") == "none" }
    var isTanhGELU: Bool { !isExactGELU }
}
