import AttendRuntime
import Foundation
import Synchronization

// Rows and activations.

private let scratchD = SharedScratch()

/// The sizes around an axis: of what comes before it, of itself, of what comes behind it.
private func sizesD(_ shape: [Int], _ axis: Int) -> (outer: Int, size: Int, inner: Int)? {
    guard shape.indices.contains(axis) else { return nil }
    return (shape[..<axis].reduce(1, *), shape[axis], shape[(axis + 1)...].reduce(1, *))
}

enum BlindFaultsD4 {
    static let all: [any ListedFault] = [
        HostFault(
            "softmax-axis-to-the-end", "an axis other than the last is normalized with all later ones", .row,
            of: ["softmax"]
        ) { call in
            guard let right = call.outputs[0], let axis = call.axis, let sizes = sizesD(right.shape, axis),
                sizes.inner > 1, sizes.size > 0
            else { return }
            let values = call.floats(ofInput: 0)
            let count = sizes.size * sizes.inner
            var wrong: [Float] = []
            for row in 0..<sizes.outer {
                let line = values[row * count..<(row + 1) * count].map { Double($0) }
                let top = line.contains(where: \.isNaN) ? Double.nan : line.max() ?? 0
                let powers = line.map { exp($0 - top) }
                let sum = powers.reduce(0, +)
                wrong += powers.map { Float($0 / sum) }
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "softmax-largest-of-first-block", "the largest is sought in the first 256 elements of a row alone", .row,
            of: ["softmax"]
        ) { call in
            guard let right = call.outputs[0], let axis = call.axis, let sizes = sizesD(right.shape, axis),
                sizes.size > 256, var wrong = try? right.floats()
            else { return }
            let values = call.floats(ofInput: 0)
            for row in 0..<sizes.outer * sizes.inner {
                let from = row / sizes.inner * sizes.size * sizes.inner + row % sizes.inner
                let places = (0..<sizes.size).map { from + $0 * sizes.inner }
                guard !places.contains(where: { wrong[$0].isNaN }) else { continue }
                let top = places[..<256].map { values[$0] }.max() ?? 0
                let powers = places.map { exp(values[$0] - top) }
                let sum = powers.reduce(0, +)
                guard !sum.isFinite else { continue }
                for (place, power) in zip(places, powers) { wrong[place] = power / sum }
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "log-softmax-static-scratch", "threads share one scratch buffer for the shifted rows", .thread,
            of: ["log_softmax"]
        ) { call in
            guard let right = call.outputs[0], let found = scratchD.passed(right, after: 0.001),
                found.shape == right.shape,
                found.dtype == right.dtype
            else { return }
            guard let wrong = try? found.floats(), let values = try? right.floats(),
                zip(wrong, values).contains(where: { $0.bitPattern != $1.bitPattern })
            else { return }
            call.takeAll(of: found)
        },
        HostFault(
            "layer-norm-scale-by-column", "a scale that isn't one normalized row is read as if it were", .row,
            of: ["layer_norm"]
        ) { call in
            guard let input = call.inputs[0], call.inputs.count > 1, let scale = call.inputs[1],
                scale.elementCount > 1, let axis = call.axis, let sizes = sizesD(input.shape, axis)
            else { return }
            let count = sizes.size * sizes.inner
            guard count > 0 else { return }
            let places = (0..<input.elementCount).map { $0 % count % scale.elementCount }
            guard places.indices.contains(where: { places[$0] != call.place($0, ofInput: 1) }) else { return }
            guard let wrong = call.reference(input: 1, scale.taking(places, shape: input.shape))[0] else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "rms-norm-mean-over-last-axis", "the sum of squares over several axes is divided by the last one's size",
            .row, of: ["rms_norm"]
        ) { call in
            guard let right = call.outputs[0], let axis = call.axis, let sizes = sizesD(right.shape, axis),
                let last = right.shape.last, last > 0, let values = try? right.floats()
            else { return }
            let count = sizes.size * sizes.inner
            let epsilon = call.attributes.number("epsilon")
            guard count != last, count > 0 else { return }
            let input = call.floats(ofInput: 0)
            var wrong: [Float] = []
            for row in 0..<sizes.outer {
                let range = row * count..<(row + 1) * count
                let squares = input[range].reduce(0.0) { $0 + Double($1) * Double($1) }
                let right = (squares / Double(count) + epsilon).squareRoot()
                let factor = right / (squares / Double(last) + epsilon).squareRoot()
                wrong += values[range].map { Float(Double($0) * factor) }
            }
            guard wrong.count == values.count else { return }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "relu-compares-bits", "a NaN with its sign bit set becomes 0, as numbers compare as integers", .element,
            of: ["relu"]
        ) { call in
            guard let right = call.outputs[0], var wrong = try? right.floats() else { return }
            let input = call.floats(ofInput: 0)
            guard input.count == wrong.count else { return }
            for place in wrong.indices where input[place].isNaN && input[place].sign == .minus { wrong[place] = 0 }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "sigmoid-below-zero-by-symmetry", "below 0 it is 1 - sigmoid(-x), which cancels to 0 from -17 on",
            .element, of: ["sigmoid"]
        ) { call in
            guard let right = call.outputs[0], let values = try? right.floats() else { return }
            let input = call.floats(ofInput: 0)
            guard input.count == values.count else { return }
            let wrong = values.indices.map { place in
                input[place] < 0 ? 1 - 1 / (1 + exp(input[place])) : values[place]
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        }
    ]
}
