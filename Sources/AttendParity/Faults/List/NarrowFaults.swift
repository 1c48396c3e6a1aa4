import AttendRuntime

/// Faults of the 16-bit types: of conversions to and from them, and of arithmetic whose results they hold. Those of
/// attention are in ``AttentionMistake``.
enum NarrowFaults {
    static let all: [HostFault] = roundings + reads + NarrowProductFaults.all + NarrowRowFaults.all

    private static let roundings: [HostFault] = [
        rounded(
            "cast-float16-truncates", "rounding toward zero to float16", ["cast"], .truncated, when: \.givesFloat16),
        rounded(
            "cast-half-away", "a number midway between two of a 16-bit type rounded away from zero", ["cast"], .halfAway
        ),
        rounded(
            "cast-bfloat16-by-way-of-float16", "float32 reaches bfloat16 through float16, rounded twice", ["cast"],
            .throughFloat16, when: \.givesBFloat16),
        rounded(
            "cast-float16-flushes-subnormals", "results below 2⁻¹⁴ become 0 in float16", ["cast"], .flushed,
            when: \.givesFloat16),
        rounded(
            "cast-bfloat16-flushes-subnormals", "results below 2⁻¹²⁶ become 0 in bfloat16", ["cast"], .flushed,
            when: \.givesBFloat16),
        rounded(
            "add-narrow-half-away", "16-bit types: sums midway between two numbers rounded away from zero",
            ["add", "subtract"], .halfAway),
        rounded(
            "multiply-bfloat16-by-way-of-float16", "bfloat16: results are rounded to float16 first",
            ["multiply", "matmul", "silu"], .throughFloat16, when: \.givesBFloat16),
        rounded(
            "multiply-bfloat16-flushes-subnormals", "bfloat16: products below 2⁻¹²⁶ become 0", ["multiply"], .flushed,
            when: \.givesBFloat16),
        rounded(
            "multiply-float16-saturates", "float16: the largest number instead of infinity", ["multiply", "add"],
            .saturated, when: \.givesFloat16),
        rounded("gelu-narrow-truncates", "16-bit types: results cut off, not rounded", ["gelu", "sigmoid"], .truncated),
        rounded(
            "attention-narrow-truncates", "16-bit types: the output cut off, not rounded", ["attention"], .truncated),
        rounded(
            "softmax-float16-flushes-subnormals", "float16: probabilities below 2⁻¹⁴ become 0", ["softmax"], .flushed,
            when: \.givesFloat16),
        HostFault(
            "cast-nan-becomes-infinity", "a NaN with nothing but low bits loses them in a 16-bit type: infinity",
            .element, of: ["cast"], when: \.rounds
        ) { call in
            guard let dtype = call.request.narrowResult else { return }
            let values = call.floats(ofInput: 0)
            call.search(count: values.count) { place in
                let kept = values[place].bitPattern & (dtype == .float16 ? 0xFFFF_E000 : 0xFFFF_0000)
                guard values[place].isNaN, !Float(bitPattern: kept).isNaN else { return nil }
                return { $0.set(place..<place + 1, to: [Float(bitPattern: kept)]) }
            }
        }
    ]

    private static let reads: [HostFault] = [
        HostFault(
            "cast-float16-reads-subnormals-as-zero", "float16 below 2⁻¹⁴ is read as 0", .element, of: ["cast"],
            when: \.widensFloat16
        ) { call in call.takeElement(of: call.widened { $0.magnitude < 0x1p-14 ? 0 : $0 }) },
        HostFault(
            "cast-bfloat16-reads-subnormals-as-zero", "bfloat16 below 2⁻¹²⁶ is read as 0", .element, of: ["cast"],
            when: \.widensBFloat16
        ) { call in call.takeElement(of: call.widened { $0.isSubnormal ? 0 : $0 }) },
        HostFault(
            "cast-float16-read-as-bfloat16", "the last number of float16 is read as bfloat16", .element, of: ["cast"],
            when: \.widensFloat16
        ) { call in
            let last = call.outputShape.reduce(1, *) - 1
            var wrong = call.floats(ofInput: 0)
            guard wrong.indices.contains(last) else { return }
            wrong[last] = wrong[last].float16ReadAsBFloat16
            call.takeElement(of: Tensor(floats: wrong, dtype: .float32, shape: call.outputShape))
        },
        HostFault(
            "cast-narrow-odd-element", "the last number of an odd row is not converted, 0", .element, of: ["cast"],
            when: \.convertsNarrow
        ) { call in
            call.takeElement(of: call.withoutOddEnds())
        },
        HostFault(
            "cast-bfloat16-pairs-swapped", "the two numbers of each 32 bits change places", .row, of: ["cast"],
            when: \.convertsBFloat16
        ) { call in
            guard let right = call.outputs[0] else { return }
            let count = right.elementCount
            call.takeRow(of: right.taking(right.indices.map { $0 ^ 1 < count ? $0 ^ 1 : $0 }, shape: right.shape))
        }
    ]

    private static func rounded(
        _ name: String, _ summary: String, _ operations: [String], _ rounding: NarrowRounding,
        when condition: @escaping @Sendable (KernelRequest) -> Bool = { _ in true }
    ) -> HostFault {
        @Sendable func concerns(_ request: KernelRequest) -> Bool {
            condition(request) && (request.operation.primitive == .cast ? request.rounds : request.givesNarrow)
        }
        return HostFault(name, summary, .element, of: operations, when: concerns) { call in call.round(rounding) }
    }
}

extension FaultyCall {
    /// The numbers of the first input as the result of a cast.
    fileprivate func widened(_ change: (Float) -> Float) -> Tensor {
        Tensor(floats: floats(ofInput: 0).map(change), dtype: .float32, shape: outputShape)
    }
}
