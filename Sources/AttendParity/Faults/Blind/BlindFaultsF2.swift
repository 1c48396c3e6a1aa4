import AttendRuntime
import Foundation
import Synchronization

/// An activation of `fused_linear` as a float32 function.
private func activatedF(_ x: Float, by name: String) -> Float {
    switch name {
    case "relu": x > 0 || x.isNaN ? x : 0
    case "silu": x / (1 + exp(-x))
    case "tanh": tanh(x)
    case "gelu": 0.5 * x * (1 + erf(x * Float(0.5).squareRoot()))
    case "gelu_tanh": 0.5 * x * (1 + tanh(0.7978845608 * (x + 0.044715 * x * x * x)))
    default: x
    }
}

/// Weights by shape and type, as a runtime keeps them that forgot what else makes them different.
private let packedF = KeptTensors()

enum BlindFaultsF2 {
    static let all: [any ListedFault] = [
        RunFault(
            name: "relu-stores-whole-vectors", summary: "the last store is of four elements, even where fewer are left",
            extent: .memory, operations: ["relu"]
        ) { run throws(BackendError) in
            guard let operand = run.request.outputs[0], let slice = run.outputs[0] else { return }
            let count = operand.elementCount
            let excess = (4 - count % 4) % 4
            guard count > 0, excess > 0 else { return }
            let size = run.backend.storageByteCount(of: operand.dtype)
            let end = slice.byteOffset + count * size
            guard end + excess * size <= slice.buffer.byteCount else { return }
            let zeros = Tensor(floats: [Float](repeating: 0, count: excess), dtype: operand.dtype, shape: [excess])
            try run.trespass(zeros, at: BufferSlice(slice.buffer, byteOffset: end))
        },
        HostFault(
            "gelu-tanh-form-nan-for-large", "the tanh form divides two infinities, so that 11 and more give NaN",
            .element, of: ["gelu"]
        ) { call in
            guard call.attributes.string("approximation") == "tanh", let right = call.outputs[0],
                var wrong = try? right.floats()
            else { return }
            let input = call.floats(ofInput: 0)
            guard input.count == wrong.count else { return }
            for (place, x) in input.enumerated() {
                let power = exp(2 * 0.7978845608 * (x + 0.044715 * x * x * x))
                if power == .infinity { wrong[place] = .nan }
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "silu-looked-up-in-half-table", "float32 goes through a table of all float16 numbers",
            .element, of: ["silu"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .float32, right.elementCount > 0 else { return }
            let wrong = call.floats(ofInput: 0).map { number in
                let x = Float(Float16(number))
                return Float(Float16(x / (1 + exp(-x))))
            }
            guard wrong.count == right.elementCount else { return }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "sigmoid-by-growing-exponential", "as exp(x) / (1 + exp(x)) it is NaN above 88.7 and for infinity",
            .element, of: ["sigmoid"]
        ) { call in
            guard let right = call.outputs[0], var wrong = try? right.floats() else { return }
            let input = call.floats(ofInput: 0)
            guard input.count == wrong.count else { return }
            for (place, x) in input.enumerated() where exp(x) == .infinity { wrong[place] = .nan }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "linear-bias-per-row-when-square", "where there are as many rows as columns the bias goes down the rows",
            .element, of: ["linear"]
        ) { call in
            guard let right = call.outputs[0], let bias = call.inputs[2], let columns = right.shape.last, columns > 1
            else { return }
            guard right.elementCount == columns &* columns, bias.elementCount == columns else { return }
            let terms = call.floats(ofInput: 2)
            let nothing = Tensor(
                floats: [Float](repeating: 0, count: columns), dtype: bias.dtype, shape: bias.shape)
            guard let product = call.reference(input: 2, nothing)[0], var wrong = try? product.floats() else { return }
            for place in wrong.indices { wrong[place] += terms[place / columns] }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "linear-returns-early-without-columns",
            "where the input has width 0, nothing is written, not even the bias", .memory, of: ["linear"]
        ) { call in
            guard call.shape(ofInput: 0).last == 0, let right = call.outputs[0], right.elementCount > 0,
                let stale = call.before[0], stale.shape == right.shape
            else { return }
            call.takeAll(of: stale)
        },
        HostFault(
            "fused-linear-gelu-is-the-tanh-form", "the fused exact GELU with a bias is computed in its tanh form",
            .element, of: ["fused_linear"]
        ) { call in
            guard call.attributes.string("activation") == "gelu", call.inputs[2] != nil else { return }
            var changed = call.attributes
            changed["activation"] = .string("gelu_tanh")
            guard let wrong = call.reference(attributes: changed)[0] else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "fused-linear-residual-moves-up-to-bias", "without a bias the residual is added before the activation",
            .element, of: ["fused_linear"]
        ) { call in
            let activation = call.attributes.string("activation")
            guard activation != "none", call.inputs[2] == nil, call.inputs[3] != nil, let right = call.outputs[0]
            else { return }
            var changed = call.attributes
            changed["activation"] = .string("none")
            guard let sum = call.reference(attributes: changed)[0], let values = try? sum.floats() else { return }
            let wrong = values.map { activatedF($0, by: activation) }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "embedding-by-one-hot-product", "a NaN or infinity in one row of the table makes other rows NaN",
            .element, of: ["embedding"]
        ) { call in
            guard let right = call.outputs[0], var wrong = try? right.floats(), !wrong.isEmpty else { return }
            let shape = call.shape(ofInput: 1)
            guard shape.count == 2, shape[0] > 0, shape[1] > 0 else { return }
            let (rows, width) = (shape[0], shape[1])
            let table = call.floats(ofInput: 1)
            let indices = call.integers(ofInput: 0)
            guard table.count == rows * width, wrong.count == indices.count * width else { return }
            for column in 0..<width {
                let bad = (0..<rows).filter { !table[$0 * width + column].isFinite }
                guard !bad.isEmpty else { continue }
                for (token, index) in indices.enumerated() {
                    let row = Int(index < 0 ? index &+ Int64(rows) : index)
                    if bad.contains(where: { $0 != row }) { wrong[token * width + column] = .nan }
                }
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        IndexErrorFault(
            name: "embedding-index-loses-upper-half",
            summary: "an int64 index is cut to 32 bits first, so that 2^32 reads row 0 without an error",
            operations: ["embedding"]
        ) { index, size in
            let low = Int(Int32(truncatingIfNeeded: index))
            return low >= -size && low < size ? nil : (index, size)
        },
        HostFault(
            "convolution-1d-weight-shared-by-shape", "a constant weight is kept by its shape and used by other kernels",
            .run, of: ["convolution_1d"]
        ) { call in
            guard let weight = call.inputs[1], call.request.inputs[1]?.isConstant == true else { return }
            let key = "\(weight.dtype) \(weight.shape)"
            let kept = packedF.first(weight, key: key)
            guard let wrong = call.reference(input: 1, kept)[0] else { return }
            call.takeAll(of: wrong)
        }
    ]
}
