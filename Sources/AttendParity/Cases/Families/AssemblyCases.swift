import AttendRuntime

/// `pad`.
struct PadCases: CaseFamily {
    let operations = ["pad"]

    func keys(of operation: String) -> [String] {
        ["shape", "before", "after", "value", "dtype", "values", "view", "seed"]
    }

    func grid(of operation: String) -> [ParityCase] {
        func padded(_ shape: [Int], _ before: [Int], _ after: [Int]) -> ParityCase {
            ParityCase("pad").with("shape", shape).with("before", list: before).with("after", list: after)
        }
        let variants = [
            padded([31, 33], [1, 0], [2, 7]), padded([5], [0], [0]), padded([5], [3], [0]),
            padded([0, 3], [2, 1], [0, 1]),
            padded([2, 3, 4], [0, 1, 0], [1, 0, 2]), padded([1, 1], [16, 15], [17, 20]), padded([1025], [1], [1]),
            padded([], [], [])
        ]
        var cases = variants.enumerated().map { $1.with("seed", $0) }
        for (index, value) in ["1.5", "-inf", "nan", "0.1", "-7"].enumerated() {
            cases.append(variants[0].with("value", value).with("seed", 10 + index))
        }
        for (index, dtype) in DType.allCases.enumerated() where dtype != .float32 {
            cases.append(variants[0].with("dtype", dtype.rawValue).with("value", "1.7").with("seed", 20 + index))
        }
        for (index, view) in CaseView.allCases.enumerated() where view != .dense {
            cases.append(variants[0].with("view", view.rawValue).with("seed", 30 + index))
        }
        return cases
    }

    /// Number of elements of a result that is padded on several axes.
    private static let largestCount = 1 << 22

    private static func count(_ shape: [Int], _ before: [Int], _ after: [Int]) -> Int {
        shape.indices.reduce(1) { $0 * (shape[$1] + before[$1] + after[$1]) }
    }

    func seeded(_ operation: String, _ seed: Int) -> ParityCase {
        var numbers = SeededNumbers(seed, operation)
        let shape = RandomShape.shape(&numbers)
        var before = shape.map { _ in numbers.below(4) }
        var after = shape.map { _ in numbers.below(4) }
        // Paddings of many axes beside a long one would make hundreds of millions of elements.
        for axis in shape.indices where PadCases.count(shape, before, after) > PadCases.largestCount {
            (before[axis], after[axis]) = (0, 0)
        }
        var result = ParityCase(operation).with("shape", shape)
            .with("before", list: before).with("after", list: after)
        if numbers.chance(0.5) { result = result.with("value", numbers.pick(["1", "-inf", "0.3", "7", "-3"])) }
        if numbers.chance(0.4) { result = result.with("values", numbers.pick(["special", "extreme", "wide"])) }
        if numbers.chance(0.4) { result = result.with("dtype", numbers.pick(DType.allCases).rawValue) }
        if numbers.chance(0.3) { result = result.with("view", numbers.pick(CaseView.fitting(shape)).rawValue) }
        return result.with("seed", seed)
    }

    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        var graph = CaseGraph(reader)
        let input = try graph.operand(
            "input", reader.dtype(), reader.shape("shape"), reader.word("values", default: .normal),
            view: reader.word("view", default: .dense))
        let output = try graph.apply(
            .pad, [input],
            [
                "before": .sizes(try reader.list("before").map { Size($0) }),
                "after": .sizes(try reader.list("after").map { Size($0) }),
                "value": .number(try reader.number("value") ?? 0)
            ])
        return try graph.finished(output, keepsZeroSigns: true)
    }
}

/// `concatenate`: any number of parts along an axis.
struct ConcatenateCases: CaseFamily {
    let operations = ["concatenate"]

    func keys(of operation: String) -> [String] {
        ["shape", "axis", "parts", "viewed-parts", "same", "dtype", "values", "view", "seed"]
    }

    func grid(of operation: String) -> [ParityCase] {
        func joined(_ shape: [Int], _ axis: Int, _ parts: [Int]) -> ParityCase {
            ParityCase("concatenate").with("shape", shape).with("axis", axis).with("parts", list: parts)
        }
        let variants = [
            joined([33, 1], 1, [17, 0, 31]), joined([1], 0, [5]), joined([1], 0, [1, 1, 1, 1]),
            joined([3, 1, 4], -2, [2, 5]),
            joined([1, 60], 0, [7, 16, 1]), joined([0, 1], 1, [2, 3]), joined([2, 3, 1], 2, [129, 63]),
            joined([1, 9], 0, [0, 0])
        ]
        var cases = variants.enumerated().map { $1.with("seed", $0) }
        for (index, dtype) in DType.allCases.enumerated() where dtype != .float32 {
            cases.append(variants[0].with("dtype", dtype.rawValue).with("seed", 20 + index))
        }
        cases.append(variants[0].with("values", "special").with("seed", 28))
        for (index, view) in CaseView.allCases.enumerated() where view != .dense {
            cases.append(variants[0].with("view", view.rawValue).with("seed", 30 + index))
        }
        return cases
    }

    func seeded(_ operation: String, _ seed: Int) -> ParityCase {
        var numbers = SeededNumbers(seed, operation)
        let shape = RandomShape.shape(&numbers)
        let axis = numbers.below(shape.count)
        // Parts of large shapes are thin: all have at most some millions of elements.
        let thickest = max(1, (1 << 18) / max(1, shape.reduce(1, *) / shape[axis]))
        var result = ParityCase(operation).with("shape", shape).with("axis", axis)
            .with("parts", list: parts(&numbers).map { min($0, thickest) })
        if numbers.chance(0.4) { result = result.with("values", numbers.pick(["special", "extreme", "wide"])) }
        if numbers.chance(0.4) { result = result.with("dtype", numbers.pick(DType.allCases).rawValue) }
        if numbers.chance(0.3) { result = result.with("view", numbers.pick(CaseView.fitting(shape)).rawValue) }
        return result.with("seed", seed)
    }

    /// Sizes of parts, in a third of the cases equal ones.
    private func parts(_ numbers: inout SeededNumbers) -> [Int] {
        let count = 1 + numbers.below(numbers.chance(0.2) ? 20 : 4)
        let size = numbers.chance(0.35) ? 1 + numbers.below(5) : nil
        return (0..<count).map { _ in size ?? numbers.below(count > 4 ? 4 : 20) }
    }

    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        let (shape, given) = (try reader.shape("shape"), try reader.integer("axis", default: 0))
        let axis = given < 0 ? given + shape.count : given
        guard shape.indices.contains(axis) else { throw reader.error("there is no axis \(given)") }
        var graph = CaseGraph(reader)
        var parts: [Value] = []
        let places = try reader.optionalList("viewed-parts") ?? []
        let isSame = try reader.flag("same")
        if isSame, Set(try reader.list("parts")).count > 1 {
            throw reader.error("with same, all parts have one size")
        }
        for (index, size) in try reader.list("parts").enumerated() {
            guard size >= 0 else { throw reader.error("a part has the size \(size)") }
            if isSame, let first = parts.first {
                parts.append(first)
                continue
            }
            var part = shape
            part[axis] = size
            // The view applies to the first part, or to one or all others: dense and strided parts occur together.
            let isViewed = places.isEmpty ? index == 0 : places.contains(index)
            let view = try isViewed ? reader.word("view", default: CaseView.dense) : .dense
            parts.append(
                try graph.operand(
                    "part\(index)", reader.dtype(), part, reader.word("values", default: .normal), view: view))
        }
        return try graph.finished(
            graph.apply(.concatenate, parts, ["axis": .integer(given)]), keepsZeroSigns: true)
    }
}
