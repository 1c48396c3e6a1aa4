import AttendRuntime

/// `convolution_1d`.
struct ConvolutionCases: CaseFamily {
    let operations = ["convolution_1d"]

    func keys(of operation: String) -> [String] {
        [
            "b", "in", "out", "length", "width", "stride", "padding", "dilation", "groups", "bias", "dtype", "values",
            "view", "other-view", "seed"
        ]
    }

    private func sized(_ batch: Int, _ channels: Int, _ out: Int, _ length: Int, _ width: Int) -> ParityCase {
        ParityCase("convolution_1d").with("b", batch).with("in", channels).with("out", out).with("length", length)
            .with("width", width)
    }

    func grid(of operation: String) -> [ParityCase] {
        let wide = sized(2, 6, 16, 40, 3)
        var cases = [
            wide, sized(1, 1, 1, 1, 1), sized(1, 3, 5, 17, 2), sized(0, 2, 2, 5, 1), sized(3, 4, 4, 9, 9),
            sized(1, 2, 30, 40, 1),
            wide.with("stride", 2), wide.with("padding", list: [1, 1]), wide.with("padding", list: [0, 5]),
            wide.with("dilation", 3), wide.with("groups", 2),
            wide.with("groups", 2).with("stride", 3).with("dilation", 2),
            wide.with(flag: "bias").with("padding", list: [2, 2]), wide.with("values", "wide"),
            wide.with("dtype", "float16"), wide.with("dtype", "bfloat16").with(flag: "bias")
        ]
        for view in CaseView.allCases where view != .dense { cases.append(wide.with("view", view.rawValue)) }
        return cases.enumerated().map { $1.with("seed", $0) }
    }

    func seeded(_ operation: String, _ seed: Int) -> ParityCase {
        var numbers = SeededNumbers(seed, operation)
        // Each option has its default in half of the cases, so that pairs of options occur without the others.
        let groups = numbers.chance(0.5) ? 1 : 2 + numbers.below(3)
        let width = numbers.chance(0.3) ? 1 : 1 + numbers.below(5)
        let dilation = numbers.chance(0.5) ? 1 : 2 + numbers.below(2)
        var result = sized(
            1 + numbers.below(3), groups * (1 + numbers.below(6)), groups * (1 + numbers.below(8)),
            dilation * (width - 1) + 1 + numbers.below(60), width
        ).with("groups", groups).with("dilation", dilation)
            .with("stride", numbers.chance(0.5) ? 1 : 2 + numbers.below(2))
        if numbers.chance(0.5) { result = result.with("padding", list: [numbers.below(4), numbers.below(4)]) }
        if numbers.chance(0.5) { result = result.with(flag: "bias") }
        if numbers.chance(0.3) { result = result.with("dtype", numbers.pick(["float16", "bfloat16"])) }
        if numbers.chance(0.3) { result = result.with("view", numbers.pick(CaseView.allCases).rawValue) }
        if numbers.chance(0.4) { result = result.with("other-view", numbers.pick(CaseView.allCases).rawValue) }
        return result.with("seed", seed)
    }

    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        let (dtype, values) = (try reader.dtype(), try reader.word("values", default: CaseValues.normal))
        let groups = try reader.size("groups", default: 1, atLeast: 1)
        let (channels, out) = (try reader.size("in", default: 1), try reader.size("out", default: 1))
        guard channels % groups == 0 else {
            throw reader.error(
                "\(channels) channels are not divisible into \(groups) groups")
        }
        var graph = CaseGraph(reader)
        let batch = try reader.size("b", default: 1)
        let length = try reader.size("length", default: 1)
        let width = try reader.size("width", default: 1, atLeast: 1)
        var inputs = [
            "input": try graph.operand(
                "input", dtype, [batch, channels, length], values, view: reader.word("view", default: .dense)),
            "weight": try graph.operand(
                "weight", dtype, [out, channels / groups, width], values,
                view: reader.word("other-view", default: .dense))
        ]
        if try reader.flag("bias") {
            let view = try reader.word("other-view", default: CaseView.dense)
            inputs["bias"] = try graph.operand(
                "bias", dtype, [out], values, view: CaseView.fitting([out]).contains(view) ? view : .dense)
        }
        let attributes: Attributes = [
            "stride": .integer(try reader.integer("stride", default: 1)),
            "padding": .integers(try reader.optionalList("padding") ?? [0, 0]),
            "dilation": .integer(try reader.integer("dilation", default: 1)), "groups": .integer(groups)
        ]
        return try graph.finished(graph.apply("convolution_1d", inputs, attributes)[0])
    }
}

/// `rotary_embedding`.
struct RotaryCases: CaseFamily {
    let operations = ["rotary_embedding"]

    func keys(of operation: String) -> [String] {
        [
            "b", "h", "l", "d", "rotary", "interleaved", "shared-angles", "shared-cos", "dtype", "values", "view",
            "other-view", "other-values", "seed"
        ]
    }

    private func sized(_ batch: Int, _ heads: Int, _ tokens: Int, _ width: Int) -> ParityCase {
        ParityCase("rotary_embedding").with("b", batch).with("h", heads).with("l", tokens).with("d", width)
    }

    func grid(of operation: String) -> [ParityCase] {
        let wide = sized(2, 3, 9, 32)
        var cases = [
            wide, sized(1, 1, 1, 2), sized(1, 2, 17, 6), sized(2, 2, 0, 8), sized(1, 2, 33, 24),
            wide.with(flag: "interleaved"),
            wide.with("rotary", 8), wide.with("rotary", 8).with(flag: "interleaved"), wide.with(flag: "shared-angles"),
            wide.with("rotary", 0), wide.with("values", "wide"), wide.with("dtype", "float16"),
            wide.with("dtype", "bfloat16").with(flag: "interleaved")
        ]
        for view in CaseView.allCases where view != .dense { cases.append(wide.with("view", view.rawValue)) }
        return cases.enumerated().map { $1.with("seed", $0) }
    }

    func seeded(_ operation: String, _ seed: Int) -> ParityCase {
        var numbers = SeededNumbers(seed, operation)
        let width = 2 * (1 + numbers.below(32))
        var result = sized(1 + numbers.below(3), 1 + numbers.below(4), 1 + numbers.below(30), width)
        if numbers.chance(0.5) { result = result.with(flag: "interleaved") }
        if numbers.chance(0.4) { result = result.with(flag: numbers.chance(0.7) ? "shared-angles" : "shared-cos") }
        if numbers.chance(0.3) { result = result.with("rotary", 2 * numbers.below(width / 2 + 1)) }
        if numbers.chance(0.3) { result = result.with("dtype", numbers.pick(["float16", "bfloat16"])) }
        if numbers.chance(0.3) { result = result.with("view", numbers.pick(CaseView.allCases).rawValue) }
        if numbers.chance(0.3) { result = result.with("other-view", numbers.pick(CaseView.allCases).rawValue) }
        return result.with("seed", seed)
    }

    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        let (dtype, width) = (try reader.dtype(), try reader.size("d", default: 2))
        let batch = try reader.size("b", default: 1)
        let heads = try reader.size("h", default: 1)
        let tokens = try reader.size("l", default: 1)
        let rotary = try reader.optionalInteger("rotary")
        guard rotary ?? 0 >= 0 else { throw reader.error("rotary must not be negative") }
        let angles = [try reader.flag("shared-angles") ? 1 : batch, tokens, (rotary ?? width) / 2]
        let otherView = try reader.word("other-view", default: CaseView.dense)
        let otherValues = try reader.word("other-values", default: CaseValues.normal)
        // Cosines for all sequences beside sines for each.
        if try reader.flag("shared-angles") { try reader.refuse(["shared-cos"], beside: "shared-angles") }
        let cosines = try reader.flag("shared-cos") ? [1] + angles.dropFirst() : angles
        var graph = CaseGraph(reader)
        let inputs = [
            "input": try graph.operand(
                "input", dtype, [batch, heads, tokens, width], reader.word("values", default: .normal),
                view: reader.word("view", default: .dense)),
            "cos": try graph.operand("cos", dtype, cosines, otherValues, view: otherView),
            "sin": try graph.operand("sin", dtype, angles, otherValues, view: otherView)
        ]
        var attributes: Attributes = ["interleaved": .bool(try reader.flag("interleaved"))]
        attributes["rotary_dimension"] = rotary.map { .integer($0) }
        return try graph.finished(graph.apply("rotary_embedding", inputs, attributes)[0])
    }
}
