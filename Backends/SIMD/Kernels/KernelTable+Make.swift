package import SIMDKernelTypes

/// Creates the table of this module's kernels.
package func makeKernelTable() -> KernelTable {
    KernelTable(
        instructionSet: variantInstructionSet,
        laneCount: laneCount,
        arithmetic: makeArithmeticKernels(),
        unary: unaryKernel,
        rows: makeRowKernels(),
        copies: CopyKernels(transpose: transpose, gather: gather),
        bfloat16: makeBFloat16Kernels(),
        float16: makeFloat16Kernels(),
        product: ProductKernels(
            tileRows: tileRows, panelColumns: panelColumns, packColumns: packColumns, block: productBlock,
            epilogue: epilogue),
        quantized: makeQuantizedKernels(),
        attention: AttentionKernels(
            softmax: attentionSoftmax, finish: attentionFinish, scores: decodeScores, row: decodeRow,
            values: decodeValues)
    )
}

private func makeArithmeticKernels() -> ArithmeticKernels {
    ArithmeticKernels(
        add: BinaryKernels(
            vectorVector: { a, b, y, n in zip(a, b, y, n) { $0 + $1 } },
            vectorScalar: { a, b, y, n in
                let b = Lanes(repeating: b)
                map(a, y, n) { $0 + b }
            },
            scalarVector: { a, b, y, n in
                let a = Lanes(repeating: a)
                map(b, y, n) { a + $0 }
            }
        ),
        subtract: BinaryKernels(
            vectorVector: { a, b, y, n in zip(a, b, y, n) { $0 - $1 } },
            vectorScalar: { a, b, y, n in
                let b = Lanes(repeating: b)
                map(a, y, n) { $0 - b }
            },
            scalarVector: { a, b, y, n in
                let a = Lanes(repeating: a)
                map(b, y, n) { a - $0 }
            }
        ),
        multiply: BinaryKernels(
            vectorVector: { a, b, y, n in zip(a, b, y, n) { $0 * $1 } },
            vectorScalar: { a, b, y, n in
                let b = Lanes(repeating: b)
                map(a, y, n) { $0 * b }
            },
            scalarVector: { a, b, y, n in
                let a = Lanes(repeating: a)
                map(b, y, n) { a * $0 }
            }
        ),
        divide: BinaryKernels(
            vectorVector: { a, b, y, n in zip(a, b, y, n) { $0 / $1 } },
            vectorScalar: { a, b, y, n in
                let b = Lanes(repeating: b)
                map(a, y, n) { $0 / b }
            },
            scalarVector: { a, b, y, n in
                let a = Lanes(repeating: a)
                map(b, y, n) { a / $0 }
            }
        ),
        minimum: BinaryKernels(
            vectorVector: { a, b, y, n in zip(a, b, y, n) { minimumLanes($0, $1) } },
            vectorScalar: { a, b, y, n in
                let b = Lanes(repeating: b)
                map(a, y, n) { minimumLanes($0, b) }
            },
            scalarVector: { a, b, y, n in
                let a = Lanes(repeating: a)
                map(b, y, n) { minimumLanes(a, $0) }
            }
        ),
        maximum: BinaryKernels(
            vectorVector: { a, b, y, n in zip(a, b, y, n) { maximumLanes($0, $1) } },
            vectorScalar: { a, b, y, n in
                let b = Lanes(repeating: b)
                map(a, y, n) { maximumLanes($0, b) }
            },
            scalarVector: { a, b, y, n in
                let a = Lanes(repeating: a)
                map(b, y, n) { maximumLanes(a, $0) }
            }
        )
    )
}

private func unaryKernel(_ function: UnaryFunction) -> UnaryKernel {
    switch function {
    case .negate: { x, y, n in map(x, y, n) { negateLanes($0) } }
    case .abs: { x, y, n in map(x, y, n) { absoluteLanes($0) } }
    case .sign: { x, y, n in map(x, y, n) { signLanes($0) } }
    case .floor: { x, y, n in map(x, y, n) { floorLanes($0) } }
    case .exp: { x, y, n in map(x, y, n) { expLanes($0) } }
    case .log: { x, y, n in map(x, y, n) { logLanes($0) } }
    case .sqrt: { x, y, n in map(x, y, n) { $0.squareRoot() } }
    case .reciprocalSqrt: { x, y, n in map(x, y, n) { 1 / $0.squareRoot() } }
    case .reciprocal: { x, y, n in map(x, y, n) { 1 / $0 } }
    case .tanh: { x, y, n in map(x, y, n) { tanhLanes($0) } }
    case .erf: { x, y, n in map(x, y, n) { erfLanes($0) } }
    case .sin: sine
    case .cos: cosine
    case .sigmoid: { x, y, n in map(x, y, n) { sigmoidLanes($0) } }
    case .silu: { x, y, n in map(x, y, n) { siluLanes($0) } }
    case .relu: { x, y, n in map(x, y, n) { reluLanes($0) } }
    case .gelu: { x, y, n in map(x, y, n) { geluErfLanes($0) } }
    case .geluTanh: { x, y, n in map(x, y, n) { geluTanhLanes($0) } }
    }
}

private func makeRowKernels() -> RowKernels {
    RowKernels(
        softmax: softmax,
        logSoftmax: logSoftmax,
        layerNorm: layerNorm,
        rmsNorm: rmsNorm,
        sum: sum,
        maximum: maximum,
        attentionRow: attentionRow
    )
}
