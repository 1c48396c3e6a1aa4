import AttendRuntime

/// An error in an attention kernel. Each is a fault of the published list, which affects the row of one query.
enum AttentionMistake: String, CaseIterable, Sendable {
    // Scores
    case scaleHigh = "scale-high"
    case scaleLow = "scale-low"
    case scaleOfDimension = "scale-of-dimension"
    case halfScores = "half-scores"
    case capBeforeScale = "cap-before-scale"
    case capAfterMask = "cap-after-mask"
    case biasBeforeCap = "bias-before-cap"
    case biasScaled = "bias-scaled"
    case biasOfFirstHead = "bias-of-first-head"
    // Visibility
    case causalAhead = "causal-ahead"
    case causalBehind = "causal-behind"
    case upperLeft = "upper-left"
    case lowerRight = "lower-right"
    case offsetIgnored = "offset-ignored"
    case offsetFromKeys = "offset-from-keys"
    case windowWide = "window-wide"
    case windowOneSided = "window-one-sided"
    case maskInverted = "mask-inverted"
    case maskOfNextRow = "mask-of-next-row"
    case maskAfterSoftmax = "mask-after-softmax"
    case lengthInclusive = "length-inclusive"
    case lengthOfFirst = "length-of-first"
    case emptyRowMean = "empty-row-mean"
    case emptyRowNaN = "empty-row-nan"
    case hiddenNaN = "hidden-nan"
    case hiddenKeyNaN = "hidden-key-nan"
    // Softmax
    case noMaximum = "no-maximum"
    case lastKeyDropped = "last-key-dropped"
    case tilePadding = "tile-padding"
    case rescaleForgotten = "rescale-forgotten"
    case halfWeights = "half-weights"
    // 16-bit types
    case narrowScores = "narrow-scores"
    case narrowExponents = "narrow-exponents"
    case narrowMaximum = "narrow-maximum"
    case narrowWeights = "narrow-weights"
    case narrowSums = "narrow-sums"
    case smallPatternFlushed = "small-pattern-flushed"
    case keyPairsSwapped = "key-pairs-swapped"
    case oddKeyComponent = "odd-key-component"
    // Reading and writing
    case headTiling = "head-tiling"
    case valueStride = "value-stride"
    case lastRowDropped = "last-row-dropped"
    case patternUnmasked = "pattern-unmasked"
    case patternNotNormalized = "pattern-not-normalized"
    case sumWithoutMaximum = "sum-without-maximum"
    case sumInBits = "sum-in-bits"

    var summary: String {
        switch self {
        case .scaleHigh: "the scale 0.1 % too large"
        case .scaleLow: "the scale 0.1 % too small"
        case .scaleOfDimension: "the scale 1/d instead of 1/√d"
        case .halfScores: "scores summed in float16"
        case .capBeforeScale: "the soft cap before the scale"
        case .capAfterMask: "the soft cap after the mask: a hidden key has the score −cap"
        case .biasBeforeCap: "the bias before the soft cap"
        case .biasScaled: "the bias before the scale"
        case .biasOfFirstHead: "the first head's bias used for every head"
        case .causalAhead: "one key beyond the causal limit"
        case .causalBehind: "the query's own key hidden"
        case .upperLeft: "causal aligned to the upper left instead of the lower right"
        case .lowerRight: "causal aligned to the lower right instead of the upper left"
        case .offsetIgnored: "query_offset ignored"
        case .offsetFromKeys: "the offset computed from all keys, not from key_lengths"
        case .windowWide: "one key beyond the window"
        case .windowOneSided: "a window without causal that doesn't hide later keys"
        case .maskInverted: "the boolean mask inverted"
        case .maskOfNextRow: "the mask of the next row used"
        case .maskAfterSoftmax: "the mask after the softmax: hidden keys still count in the sum"
        case .lengthInclusive: "one key beyond key_lengths"
        case .lengthOfFirst: "the first sequence's key_lengths used for every sequence"
        case .emptyRowMean: "hidden scores −10,000: a query that sees nothing gets the mean"
        case .emptyRowNaN: "a query that sees nothing gets NaN"
        case .hiddenNaN: "0 · NaN of a hidden value in the sum"
        case .hiddenKeyNaN: "a hidden key's NaN in the maximum"
        case .noMaximum: "no maximum subtracted"
        case .lastKeyDropped: "the last key left out"
        case .tilePadding: "padding keys of a tile of 16 counted with the score 0"
        case .rescaleForgotten: "online softmax: the products of earlier tiles not rescaled"
        case .halfWeights: "the pattern rounded to bfloat16 before the product with the values"
        case .narrowScores: "16-bit types: scores rounded to the type before the softmax"
        case .narrowExponents: "16-bit types: scores less the maximum rounded to the type"
        case .narrowMaximum: "16-bit types: log_sum_exp with the maximum rounded to the type"
        case .narrowWeights: "16-bit types: weights rounded to the type before the product with the values"
        case .narrowSums: "16-bit types: sums of values rounded to the type after every key"
        case .smallPatternFlushed: "float16: weights below 2⁻¹⁴ written as 0"
        case .keyPairsSwapped: "bfloat16: the two components of each 32 bits of a key swapped"
        case .oddKeyComponent: "16-bit types: the last of an odd number of components not converted, 0"
        case .headTiling: "query heads assigned to key/value heads in turn, not in groups"
        case .valueStride: "values read with the key's stride"
        case .lastRowDropped: "the last query's row left 0"
        case .patternUnmasked: "a pattern over hidden keys too"
        case .patternNotNormalized: "a pattern that doesn't sum to 1"
        case .sumWithoutMaximum: "log_sum_exp without the maximum"
        case .sumInBits: "log_sum_exp to the base 2"
        }
    }

    var fault: HostFault {
        let mistake = self
        return HostFault("attention-\(rawValue)", summary, .row, of: ["attention"], when: mistake.concerns) { call in
            AttentionReading.spoil(&call, mistake)
        }
    }

    /// Whether the mistake can affect this request.
    @Sendable private func concerns(_ request: KernelRequest) -> Bool {
        let (inputs, attributes) = (request.inputs, request.attributes)
        let isCausal = attributes.bool("causal")
        let hasWindow = attributes.optionalInteger("window") != nil
        let isUpperLeft = attributes.string("alignment") == "upper_left"
        return switch self {
        case .capBeforeScale, .capAfterMask: attributes.optionalNumber("soft_cap") != nil
        case .biasBeforeCap: inputs[4] != nil && attributes.optionalNumber("soft_cap") != nil
        case .biasScaled, .biasOfFirstHead: inputs[4] != nil
        case .causalAhead, .causalBehind: isCausal
        case .upperLeft: !isUpperLeft && (isCausal || hasWindow)
        case .lowerRight: isUpperLeft && (isCausal || hasWindow)
        case .offsetIgnored: inputs[6] != nil && (isCausal || hasWindow)
        case .offsetFromKeys: inputs[5] != nil && (isCausal || hasWindow)
        case .windowWide: hasWindow
        case .windowOneSided: hasWindow && !isCausal
        case .maskInverted, .maskOfNextRow: inputs[3] != nil
        case .lengthInclusive, .lengthOfFirst: inputs[5] != nil
        case .headTiling: inputs[0]?.shape[1] != inputs[1]?.shape[1]
        case .valueStride: inputs[0]?.shape[3] != inputs[2]?.shape[3]
        case .narrowScores, .narrowExponents, .narrowWeights, .narrowSums: request.givesNarrow
        case .narrowMaximum: inputs[0]?.dtype != .float32 && request.outputs[2] != nil
        case .smallPatternFlushed: request.outputs[1]?.dtype == .float16
        case .keyPairsSwapped: inputs[0]?.dtype == .bfloat16
        case .oddKeyComponent: inputs[0]?.dtype != .float32 && (inputs[0]?.shape[3] ?? 0) % 2 == 1
        case .patternUnmasked, .patternNotNormalized: request.outputs[1] != nil
        case .sumWithoutMaximum, .sumInBits: request.outputs[2] != nil
        case .maskAfterSoftmax, .emptyRowMean, .emptyRowNaN, .hiddenNaN, .hiddenKeyNaN:
            inputs[3...].contains { $0 != nil } || isCausal || hasWindow
        default: true
        }
    }
}
