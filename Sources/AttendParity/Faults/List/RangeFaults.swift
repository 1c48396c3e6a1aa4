import AttendRuntime

/// Faults at limits: numbers that a narrower type loses, axes and elements beyond a limit of 16 or 24 bits, operands in
/// rare forms.
enum RangeFaults {
    static let all: [HostFault] = numbers + limits + operands

    private static let numbers: [HostFault] = [
        HostFault("equal-int64-as-double", "int64 compared as doubles", .element, of: ["equal"]) { call in
            guard let places = call.int64Places(2) else { return }
            let (lhs, rhs) = (call.integers(ofInput: 0), call.integers(ofInput: 1))
            let bits = zip(places[0], places[1]).map { UInt8(Double(lhs[$0]) == Double(rhs[$1]) ? 1 : 0) }
            call.takeBits(of: CaseValues.tensor(.bool(bits), call.outputShape))
        },
        HostFault("less-int64-low-word", "the low words of int64 compared", .element, of: ["less"]) { call in
            guard let places = call.int64Places(2) else { return }
            let (lhs, rhs) = (call.integers(ofInput: 0), call.integers(ofInput: 1))
            let bits = zip(places[0], places[1]).map {
                UInt8(Int32(truncatingIfNeeded: lhs[$0]) < Int32(truncatingIfNeeded: rhs[$1]) ? 1 : 0)
            }
            call.takeBits(of: CaseValues.tensor(.bool(bits), call.outputShape))
        },
        HostFault(
            "cast-bool-low-word", "int64 to bool by the low word", .element, of: ["cast"],
            when: \.castsInt64ToBool
        ) { call in
            let bits = call.integers(ofInput: 0).map { UInt8(truncatingIfNeeded: $0 & 0xFFFF_FFFF == 0 ? 0 : 1) }
            call.takeBits(of: CaseValues.tensor(.bool(bits), call.outputShape))
        },
        HostFault(
            "moves-int64-as-int32", "int64 moved as int32", .element,
            of: ["gather", "pad", "concatenate", "where", "update_slice"], when: \.movesInt64
        ) { call in call.changeInteger { Int64(Int32(truncatingIfNeeded: $1)) } },
        HostFault("arg-max-int64-as-float", "int64 compared as float32", .element, of: ["arg_max"]) { call in
            guard let input = call.inputs[0], input.dtype == .int64 else { return }
            let floats = CaseValues.tensor(.float32(call.integers(ofInput: 0).map { Float($0) }), input.shape)
            guard let result = call.reference(input: 0, floats)[0] else { return }
            call.takeBits(of: result)
        },
        HostFault("random-seed-low-word", "the seed's low 32 bits alone", .row, of: ["random"]) { call in
            var attributes = call.attributes
            attributes["seed"] = .integer(attributes.integer("seed") & 0xFFFF_FFFF)
            call.takeRow(of: call.reference(attributes: attributes)[0])
        },
        HostFault("fused-linear-relu-nan", "relu of NaN is 0 after a product", .element, of: ["fused_linear"]) { call in
            guard call.attributes.string("activation") == "relu",
                let values = call.outputs[0].flatMap({ try? $0.floats() })
            else { return }
            call.search(count: values.count) { place in
                values[place].isNaN ? { $0.set(place..<place + 1, to: [0]) } : nil
            }
        }
    ]

    private static let limits: [HostFault] = [
        HostFault(
            "matmul-column-16-bits", "columns counted in 16 bits", .row, of: ["matmul", "linear"],
            when: \.hasManyColumns
        ) { call in
            guard let right = call.outputs[0], let width = call.outputShape.last else { return }
            call.takeRow(
                of: right.taking(right.indices.map { $0 / width * width + $0 % width % 65_536 }, shape: right.shape))
        },
        HostFault(
            "matmul-terms-4096", "terms beyond 4,096 left out for one row", .element, of: ["matmul"],
            when: \.hasDeepRows
        ) { call in
            guard let input = call.inputs[0], input.dtype == .float32, let depth = input.shape.last else { return }
            let kept = call.floats(ofInput: 0).enumerated().map { $0.offset % depth < 4096 ? $0.element : 0 }
            call.takeElement(of: call.reference(input: 0, CaseValues.tensor(.float32(kept), input.shape))[0])
        },
        HostFault(
            "exp-grid-limit", "elements beyond 2¹⁶ not computed", .memory, of: ["exp", "add", "convolution_1d"],
            when: \.hasElementsBeyond16Bits
        ) { call in
            guard let before = call.before[0] else { return }
            call.replace(65_536..<before.elementCount, with: before)
        },
        HostFault(
            "multiply-grid-limit", "elements beyond 2²⁰ not computed", .memory, of: ["multiply"],
            when: \.hasElementsBeyond20Bits
        ) { call in
            guard let before = call.before[0] else { return }
            call.replace(1 << 20..<before.elementCount, with: before)
        },
        HostFault(
            "gather-place-in-float", "positions of elements computed in float32", .element, of: ["gather"],
            when: \.readsBeyond24Bits
        ) { call in
            guard let input = call.inputs[0], call.axis == 0 else { return }
            let width = input.elementCount / input.shape[0]
            let places = call.integers(ofInput: 1).flatMap { index in
                (0..<width).map { Int(Float((Int(index) < 0 ? Int(index) + input.shape[0] : Int(index)) * width + $0)) }
            }
            call.takeBits(
                of: input.taking(places.map { min($0, input.elementCount - 1) }, shape: call.outputShape))
        },
        HostFault(
            "softmax-last-block", "the last 64 terms of a long row left out of the sum", .row, of: ["softmax"],
            when: \.hasLongRows
        ) { call in
            guard let width = call.outputShape.last, call.outputs[0]?.dtype == .float32 else { return }
            let right = call.outputs[0].flatMap { try? $0.floats() } ?? []
            var wrong = right
            for row in 0..<right.count / width {
                let lost = right[(row + 1) * width - 64..<(row + 1) * width].reduce(0, +)
                for place in row * width..<(row + 1) * width { wrong[place] /= 1 - lost }
            }
            call.takeRow(of: CaseValues.tensor(.float32(wrong), call.outputShape))
        },
        HostFault(
            "convolution-depthwise-dilation", "dilation ignored with one channel per group", .row,
            of: ["convolution_1d"],
            when: \.isDilatedDepthwise
        ) { call in
            guard let weight = call.inputs[1], weight.shape[2] > 1 else { return }
            // The taps moved together, the rest 0.
            let (dilation, width) = (call.attributes.integer("dilation"), weight.shape[2])
            let reach = (width - 1) * dilation + 1
            var attributes = call.attributes
            attributes["dilation"] = .integer(1)
            var taps = [Float](repeating: 0, count: weight.shape[0] * reach)
            for (place, tap) in call.floats(ofInput: 1).enumerated() {
                taps[place / width * reach + place % width] = tap
            }
            let tensor = Tensor(floats: taps, dtype: weight.dtype)
            guard let moved = try? tensor.reshaped([weight.shape[0], 1, reach]) else { return }
            call.takeRow(of: call.reference(attributes: attributes, input: 1, moved)[0])
        }
    ]

    private static let operands: [HostFault] = [
        HostFault(
            "subtract-scalar-swapped", "a scalar minus a tensor computed as the tensor minus the scalar", .element,
            of: ["subtract"],
            when: \.hasScalarFirst
        ) { call in
            call.takeElement(of: call.redefined { inputs throws(GraphError) in try inputs[1] - inputs[0] })
        },
        HostFault(
            "reduce-axes-unsorted", "axes removed in the order given, as if it were ascending", .element,
            of: ["reduce_sum"]
        ) { call in
            guard let axes = call.attributes.optionalIntegers("axes"), axes.count > 1 else { return }
            let rank = call.shape(ofInput: 0).count
            let places = axes.map { $0 < 0 ? $0 + rank : $0 }
            guard places != places.sorted(), let right = call.outputs[0] else { return }
            call.takeElement(of: right.taking(right.indices.reversed(), shape: right.shape))
        },
        HostFault(
            "attention-wide-head", "components of a head beyond 256 left out of the scores", .row, of: ["attention"],
            when: \.hasWideHeads
        ) { call in
            guard let query = call.inputs[0], let width = query.shape.last else { return }
            let kept = call.floats(ofInput: 0).enumerated().map { $0.offset % width < 256 ? $0.element : 0 }
            let tensor = Tensor(floats: kept, dtype: query.dtype)
            // The scale of all components.
            var attributes = call.attributes
            if attributes["scale"] == nil { attributes["scale"] = .number(1 / Double(width).squareRoot()) }
            call.takeRow(of: call.reference(attributes: attributes, input: 0, try? tensor.reshaped(query.shape))[0])
        },
        HostFault("attention-bias-batch-lost", "the first sequence's bias for all", .row, of: ["attention"]) { call in
            guard let slot = call.slot("bias"), let bias = call.inputs[slot], bias.shape.count == 4, bias.shape[0] > 1
            else { return }
            let size = max(1, bias.elementCount / bias.shape[0])
            call.takeRow(
                of: call.reference(input: slot, bias.taking(bias.indices.map { $0 % size }, shape: bias.shape))[0])
        },
        HostFault("attention-mask-head-lost", "the first head's mask for all", .row, of: ["attention"]) { call in
            guard let slot = call.slot("mask"), let mask = call.inputs[slot], mask.shape.count > 2 else { return }
            let (heads, size) = (mask.shape[mask.shape.count - 3], mask.shape.suffix(2).reduce(1, *))
            guard heads > 1, size > 0 else { return }
            let places = mask.indices.map { $0 / (heads * size) * heads * size + $0 % size }
            call.takeRow(of: call.reference(input: slot, mask.taking(places, shape: mask.shape))[0])
        },
        HostFault(
            "attention-window-tile", "the keys before the window of a tile's last query left out", .row,
            of: ["attention"]
        ) { call in
            guard let window = call.attributes.optionalInteger("window"), call.attributes.bool("causal"),
                window > 1, call.outputShape[2] > 64, call.outputs[0]?.dtype == .float32
            else { return }
            var attributes = call.attributes
            attributes["window"] = .integer(max(1, window - 63))
            guard let right = call.reference()[0], let wrong = call.reference(attributes: attributes)[0] else { return }
            let (queries, width) = (call.outputShape[2], call.outputShape[3])
            let differs = Differences(right, wrong)
            // The first query of a tile loses the most.
            call.search(count: right.elementCount / max(1, width)) { row in
                let range = row * width..<(row + 1) * width
                guard row % queries % 64 == 0, row % queries + 63 < queries, differs.contains(range) else { return nil }
                return { $0.replace(range, with: wrong) }
            }
        }
    ]
}

extension FaultyCall {
    /// For int64 operands, the positions of their elements under the output's shape; nil for other dtypes.
    fileprivate func int64Places(_ count: Int) -> [[Int]]? {
        guard inputs.prefix(count).allSatisfy({ $0?.dtype == .int64 }) else { return nil }
        return (0..<count).map { Layout(dense: shape(ofInput: $0)).broadcast(to: outputShape).elementOffsets }
    }
}

extension KernelRequest {
    private var turnsLeft: Bool { attributes.bool("transpose_lhs") }
    fileprivate var castsInt64ToBool: Bool { inputs[0]?.dtype == .int64 && outputs[0]?.dtype == .bool }
    fileprivate var movesInt64: Bool { outputs[0]?.dtype == .int64 }
    fileprivate var hasManyColumns: Bool { outputs[0]?.shape.last ?? 0 > 65_536 }
    fileprivate var hasDeepRows: Bool { inputs[0]?.shape.suffix(2).contains { $0 > 4096 } ?? false && !turnsLeft }
    fileprivate var hasElementsBeyond16Bits: Bool { outputs[0]?.elementCount ?? 0 > 65_536 }
    fileprivate var hasElementsBeyond20Bits: Bool { outputs[0]?.elementCount ?? 0 > 1 << 20 }
    fileprivate var readsBeyond24Bits: Bool { inputs[0]?.elementCount ?? 0 > 1 << 24 }
    fileprivate var hasLongRows: Bool { outputs[0]?.shape.last ?? 0 > 4096 }
    fileprivate var isDilatedDepthwise: Bool { inputs[1]?.shape[1] == 1 && attributes.integer("dilation") > 1 }
    fileprivate var hasScalarFirst: Bool { inputs[0]?.elementCount == 1 && inputs[1]?.elementCount ?? 0 > 1 }
    fileprivate var hasWideHeads: Bool { inputs[0]?.shape.last ?? 0 > 256 }
}
