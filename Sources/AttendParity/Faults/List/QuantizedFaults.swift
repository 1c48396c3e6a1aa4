import AttendRuntime

/// Faults of quantized matrices.
enum QuantizedFaults {
    private static let operations = ["dequantize", "quantized_linear", "quantized_embedding"]

    static let all: [HostFault] = words + scales + sums

    /// The parts of the matrix among a call's inputs.
    private enum Part: Int {
        case words, scales, offsets

        func index(_ call: FaultyCall) -> Int { rawValue + (call.request.operation.name == "dequantize" ? 0 : 1) }
    }

    private static func fault(
        _ name: String, _ summary: String, _ part: Part,
        when condition: @escaping @Sendable (KernelRequest) -> Bool = { _ in true },
        _ change: @escaping @Sendable (FaultyCall, Tensor) -> Tensor?
    ) -> HostFault {
        HostFault("quantized-\(name)", summary, .element, of: operations, when: condition) { call in
            let index = part.index(call)
            guard let tensor = call.inputs[index], let wrong = change(call, tensor) else { return }
            call.takeElement(of: call.reference(input: index, wrong)[0])
        }
    }

    private static func has(bits: Int) -> @Sendable (KernelRequest) -> Bool {
        { $0.attributes.integer("bits") == bits }
    }

    /// Whether scales may be subnormal as float32: those of float16 are not.
    private static func hasWideScales(_ request: KernelRequest) -> Bool {
        request.inputs.contains { $0?.dtype == .float32 || $0?.dtype == .bfloat16 }
    }

    private static func mapped(_ words: Tensor, _ change: (UInt32) -> UInt32) -> Tensor? {
        guard let integers = try? words.integers() else { return nil }
        let changed = integers.map { Int32(bitPattern: change(UInt32(truncatingIfNeeded: $0))) }
        return try? Tensor(changed, shape: words.shape)
    }

    /// Elements of a part taken from other columns of their row.
    private static func moved(_ tensor: Tensor, _ column: (_ column: Int, _ width: Int) -> Int) -> Tensor? {
        guard tensor.shape.count == 2, tensor.elementCount > 0 else { return nil }
        let width = tensor.shape[1]
        let places = tensor.indices.map { $0 / width * width + column($0 % width, width) }
        return tensor.taking(places, shape: tensor.shape)
    }

    private static let words: [HostFault] = [
        fault("nibbles-swapped", "the two integers of a byte exchanged", .words, when: has(bits: 4)) { _, words in
            mapped(words) { ($0 & 0x0F0F_0F0F) << 4 | ($0 >> 4) & 0x0F0F_0F0F }
        },
        fault("bytes-reversed", "words in the other byte order", .words) { _, words in mapped(words) { $0.byteSwapped }
        },
        fault("sign-bit", "the highest bit of a word read as a sign and dropped", .words) { _, words in
            mapped(words) { $0 & 0x7FFF_FFFF }
        },
        fault("last-integer", "the last integer of each word is 0", .words) { call, words in
            let bits = UInt32(call.attributes.integer("bits"))
            return mapped(words) { $0 & (UInt32.max >> bits) }
        },
        fault("seven-bits", "integers of 8 bits lose their highest bit", .words, when: has(bits: 8)) { _, words in
            mapped(words) { $0 & 0x7F7F_7F7F }
        },
        fault("three-bits", "integers of 4 bits lose their highest bit", .words, when: has(bits: 4)) { _, words in
            mapped(words) { $0 & 0x7777_7777 }
        },
        fault("word-of-neighbor", "the words of a row exchanged in pairs", .words) { _, words in
            moved(words) { min($0 ^ 1, $1 - 1) }
        }
    ]

    private static let scales: [HostFault] = [
        fault("scale-of-neighbor", "the scale of the next group", .scales) { _, scales in
            moved(scales) { ($0 + 1) % $1 }
        },
        fault("offset-of-neighbor", "the offset of the next group", .offsets) { _, offsets in
            moved(offsets) { ($0 + 1) % $1 }
        },
        fault("group-doubled", "two groups with the scale of the first", .scales) { _, scales in
            moved(scales) { column, _ in column / 2 * 2 }
        },
        fault("group-halved", "groups half as long: the scales run out and begin again", .scales) { _, scales in
            moved(scales) { $0 * 2 % $1 }
        },
        fault("first-row", "every row with the scales of the first", .scales) { _, scales in
            guard scales.shape.count == 2, scales.elementCount > 0 else { return nil }
            return scales.taking(scales.indices.map { $0 % scales.shape[1] }, shape: scales.shape)
        },
        fault("offset-dropped", "the offset left out", .offsets) { _, offsets in
            Tensor(
                floats: [Float](repeating: 0, count: offsets.elementCount), dtype: offsets.dtype, shape: offsets.shape)
        },
        fault("offset-negated", "the offset subtracted", .offsets) { _, offsets in
            guard let floats = try? offsets.floats() else { return nil }
            return Tensor(floats: floats.map { -$0 }, dtype: offsets.dtype, shape: offsets.shape)
        },
        fault("scale-magnitude", "a negative scale taken as positive", .scales) { _, scales in
            guard let floats = try? scales.floats() else { return nil }
            return Tensor(floats: floats.map(\.magnitude), dtype: scales.dtype, shape: scales.shape)
        },
        fault("scale-flushed", "a subnormal scale is 0", .scales, when: hasWideScales) {
            _, scales in
            guard let floats = try? scales.floats() else { return nil }
            return Tensor(
                floats: floats.map { $0.isSubnormal ? 0 : $0 }, dtype: scales.dtype, shape: scales.shape)
        },
        fault("scale-bfloat16", "float32 scales rounded to bfloat16", .scales, when: \.givesFloat32) { _, scales in
            guard let floats = try? scales.floats() else { return nil }
            return Tensor(
                floats: floats.map { NarrowFloat.float(bfloat16: NarrowFloat.bfloat16($0)) }, dtype: scales.dtype,
                shape: scales.shape)
        }
    ]

    private static let sums: [HostFault] = [
        HostFault(
            "quantized-linear-no-bias", "an element without its bias", .element, of: ["quantized_linear"]
        ) { call in
            guard call.inputs[4] != nil else { return }
            call.takeElement(of: call.reference(inputs: [4: nil])[0])
        },
        HostFault(
            "quantized-linear-narrow-sum", "an element rounded to bfloat16", .element, of: ["quantized_linear"],
            when: \.givesFloat32
        ) { call in
            call.changeElement { NarrowFloat.float(bfloat16: NarrowFloat.bfloat16($0)) }
        },
        HostFault(
            "quantized-linear-last-group", "the last group left out of the sum", .element, of: ["quantized_linear"]
        ) { call in
            let groups = call.shape(ofInput: 2)
            guard groups.count == 2, groups[1] > 1, let input = call.inputs[0], let width = input.shape.last,
                let floats = try? input.floats()
            else { return }
            let end = width - width / groups[1]
            let cut = floats.enumerated().map { $0.offset % width < end ? $0.element : 0 }
            call.takeElement(
                of: call.reference(input: 0, Tensor(floats: cut, dtype: input.dtype, shape: input.shape))[0])
        },
        HostFault(
            "quantized-linear-offset-of-other-row", "the offset's product with the sum of another row of the input",
            .element, of: ["quantized_linear"]
        ) { call in
            guard let input = call.inputs[0], let width = input.shape.last, width > 0, input.elementCount > width,
                let offsets = call.inputs[3], let scales = call.inputs[2]
            else { return }
            let other = input.taking(input.indices.map { ($0 + width) % input.elementCount }, shape: input.shape)
            func zeros(_ tensor: Tensor) -> Tensor {
                Tensor(
                    floats: [Float](repeating: 0, count: tensor.elementCount), dtype: tensor.dtype, shape: tensor.shape)
            }
            guard
                let scaled = call.reference(inputs: [3: zeros(offsets)])[0].flatMap({ try? $0.floats() }),
                let shifted = call.reference(inputs: [0: other, 2: zeros(scales), 4: nil])[0].flatMap({
                    try? $0.floats()
                }), let dtype = call.outputs[0]?.dtype
            else { return }
            call.takeElement(
                of: Tensor(floats: zip(scaled, shifted).map { $0 + $1 }, dtype: dtype, shape: call.outputShape))
        }
    ]
}
