import AttendRuntime

/// `reshape`, `transpose`, `broadcast`, `slice`: offered to the backend directly (the planner would only treat them as
/// views), and through the planner with a view as their input.
struct ViewCases: CaseFamily {
    let operations = ["reshape", "transpose", "broadcast", "slice"]

    func keys(of operation: String) -> [String] {
        let own =
            switch operation {
            case "transpose": ["permutation"]
            case "slice": ["axes", "starts", "ends", "steps"]
            default: ["to"]
            }
        return ["shape"] + own + ["dtype", "values", "view", "seed"]
    }

    /// The shapes with the operation's attributes.
    private func variants(_ operation: String) -> [ParityCase] {
        let base = ParityCase(operation)
        func shaped(_ shape: [Int]) -> ParityCase { base.with("shape", shape) }
        switch operation {
        case "reshape":
            let pairs: [([Int], [Int])] = [
                ([33, 40], [40, 33]), ([], [1]), ([1], []), ([6, 35], [2, 3, 5, 7]), ([2, 3, 5, 7], [210]),
                ([0, 3], [3, 0, 2]), ([1025], [25, 41]), ([4, 1, 6], [1, 24])
            ]
            return pairs.map { shaped($0).with("to", $1) }
        case "transpose":
            let pairs: [([Int], [Int])] = [
                ([33, 40], [1, 0]), ([], []), ([9], [0]), ([2, 3, 4], [2, 0, 1]), ([5, 1, 7, 3], [0, 2, 1, 3]),
                ([17, 129], [1, 0]), ([16, 16], [1, 0]), ([3, 65, 7], [1, 2, 0]), ([0, 4], [1, 0]),
                ([2, 3, 4, 5], [3, 2, 1, 0]), ([2, 12, 50, 3], [0, 2, 1, 3])
            ]
            return pairs.map { shaped($0).with("permutation", list: $1) }
        case "broadcast":
            let pairs: [([Int], [Int])] = [
                ([1, 40], [33, 40]), ([], [7]), ([], []), ([5], [3, 5]), ([3, 1], [3, 400]), ([1], [1025]),
                ([2, 1, 4], [2, 9, 4]), ([1, 1], [31, 67]), ([4, 1], [4, 0]), ([7, 1, 1], [2, 7, 9, 10])
            ]
            return pairs.map { shaped($0).with("to", $1) }
        default: return slices()
        }
    }

    private func slices() -> [ParityCase] {
        func cut(_ shape: [Int], _ axes: [Int], _ starts: [Int], _ ends: [Int], _ steps: [Int]?) -> ParityCase {
            let cut = ParityCase("slice").with("shape", shape).with("axes", list: axes).with("starts", list: starts)
                .with("ends", list: ends)
            return steps.map { cut.with("steps", list: $0) } ?? cut
        }
        return [
            cut([70, 40], [0], [3], [40], nil), cut([70, 40], [1], [1], [40], [2]),
            cut([70, 40], [0, 1], [-1, -1], [-71, -41], [-1, -1]), cut([9], [0], [8], [-100], [-3]),
            cut([9], [0], [2], [2], nil), cut([9], [0], [-4], [1000], nil),
            cut([5, 6, 7], [2, 0], [6, 1], [0, 4], [-2, 2]),
            cut([2, 1300], [1], [1299], [3], [-1]), cut([0, 3], [0], [0], [0], nil), cut([33, 65], [0], [1], [32], [3]),
            // Bounds outside are clamped, also where the step is negative.
            cut([9], [0], [100], [-100], [-2]), cut([9], [0], [9], [0], [-1]), cut([9], [0], [-100], [3], [1]),
            cut([5, 8], [1], [8], [-9], [-3]), cut([9], [0], [4], [8], [-1]), cut([9], [0], [100], [200], [1])
        ]
    }

    func grid(of operation: String) -> [ParityCase] {
        let variants = variants(operation)
        var cases = variants.enumerated().map { $1.with("seed", $0) }
        for (index, dtype) in DType.allCases.enumerated() where dtype != .float32 {
            cases.append(variants[0].with("dtype", dtype.rawValue).with("seed", 20 + index))
            cases.append(variants[3].with("dtype", dtype.rawValue).with("seed", 30 + index))
        }
        cases.append(variants[0].with("values", "special").with("seed", 40))
        for (index, view) in CaseView.allCases.enumerated() where view != .dense && operation != "broadcast" {
            cases.append(variants[0].with("view", view.rawValue).with("seed", 50 + index))
        }
        if operation == "broadcast" { cases.append(variants[0].with("view", "strided").with("seed", 50)) }
        return cases
    }

    func seeded(_ operation: String, _ seed: Int) -> ParityCase {
        var numbers = SeededNumbers(seed, operation)
        let shape = RandomShape.shape(&numbers)
        var result = ParityCase(operation).with("shape", shape)
        switch operation {
        case "reshape":
            let count = shape.reduce(1, *)
            let divisors = (1...count).filter { count % $0 == 0 }
            let first = numbers.pick(divisors)
            result = result.with("to", [first, count / first])
        case "transpose":
            result = result.with("permutation", list: Array(shape.indices).shuffled(using: &numbers))
        case "broadcast":
            let own = shape.map { numbers.chance(0.4) ? 1 : $0 }
            result = result.with("shape", own).with(
                "to", (shape.count < TensorType.largestRank && numbers.chance(0.3) ? [2] : []) + shape)
        default:
            var (starts, ends, steps): ([Int], [Int], [Int]) = ([], [], [])
            for size in shape {
                let (low, step) = (numbers.below(size), 1 + numbers.below(3))
                let high = low + 1 + numbers.below(size - low)
                let isBackward = numbers.chance(0.4)
                starts.append(isBackward ? high - 1 : low)
                ends.append(isBackward ? (low == 0 ? -size - 1 : low - 1) : high)
                steps.append(isBackward ? -step : step)
            }
            result = result.with("axes", list: Array(shape.indices)).with("starts", list: starts)
                .with("ends", list: ends).with("steps", list: steps)
        }
        if numbers.chance(0.5) { result = result.with("dtype", numbers.pick(DType.allCases).rawValue) }
        if numbers.chance(0.3), operation != "broadcast" {
            result = result.with("view", numbers.pick(CaseView.fitting(shape)).rawValue)
        }
        return result.with("seed", seed)
    }

    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        guard let primitive = Primitive(rawValue: reader.subject.operation) else { throw reader.error("no primitive") }
        var graph = CaseGraph(reader)
        let input = try graph.operand(
            "input", reader.dtype(), reader.shape("shape"), reader.word("values", default: .normal),
            view: reader.word("view", default: .dense))
        var attributes = Attributes()
        switch primitive {
        case .transpose: attributes["permutation"] = .integers(try reader.list("permutation"))
        case .slice:
            attributes["axes"] = .integers(try reader.list("axes"))
            attributes["starts"] = .sizes(try reader.list("starts").map { Size($0) })
            attributes["ends"] = .sizes(try reader.list("ends").map { Size($0) })
            attributes["steps"] = try reader.optionalList("steps").map { .integers($0) }
        default: attributes["shape"] = .sizes(try reader.shape("to").map { Size($0) })
        }
        return try graph.finished(
            graph.apply(primitive, [input], attributes), keepsZeroSigns: true, isDirect: !reader.has("view"))
    }
}
