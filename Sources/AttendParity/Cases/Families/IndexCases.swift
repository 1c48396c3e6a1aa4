import AttendRuntime

/// `gather`, `scatter_add` and `embedding`: rows by index, with negative and repeated indices.
struct IndexCases: CaseFamily {
    let operations = ["gather", "scatter_add", "embedding"]

    func keys(of operation: String) -> [String] {
        (operation == "embedding" ? ["shape", "indices"] : ["shape", "indices", "axis"])
            + ["dtype", "index-dtype", "values", "view", "other-view", "seed"]
    }

    func grid(of operation: String) -> [ParityCase] {
        let shapes: [([Int], [Int], Int)] =
            operation == "embedding"
            ? [
                ([50, 40], [33], 0), ([5, 3], [], 0), ([7, 1], [9], 0), ([9, 16], [2, 3], 0), ([3, 4], [0], 0),
                ([2, 1025], [2], 0)
            ]
            : [
                ([9, 40], [33], 0), ([5], [], 0), ([7], [9], 0), ([4, 3, 2], [2, 3], 1), ([6, 2, 5], [4], -1),
                ([3, 4], [0], 0), ([1, 1025], [2], 0), ([40, 17], [31], 1), ([0, 3], [2], 1)
            ]
        let base = ParityCase(operation)
        func placed(_ shape: [Int], _ indices: [Int], _ axis: Int) -> ParityCase {
            let plain = base.with("shape", shape).with("indices", indices)
            return operation == "embedding" ? plain : plain.with("axis", axis)
        }
        var cases = shapes.enumerated().map { placed($1.0, $1.1, $1.2).with("seed", $0) }
        let wide = placed(shapes[0].0, shapes[0].1, shapes[0].2)
        let dtypes = DType.allCases.filter { operation != "scatter_add" || $0 != .bool }
        for (index, dtype) in dtypes.enumerated() where dtype != .float32 {
            cases.append(wide.with("dtype", dtype.rawValue).with("seed", 20 + index))
        }
        cases.append(wide.with("index-dtype", "int32").with("seed", 29))
        cases.append(wide.with("values", "special").with("seed", 28))
        cases.append(wide.with("values", "wide").with("seed", 27))
        for (index, view) in CaseView.allCases.enumerated() where view != .dense {
            cases.append(wide.with("view", view.rawValue).with("seed", 30 + index))
        }
        return cases
    }

    func seeded(_ operation: String, _ seed: Int) -> ParityCase {
        var numbers = SeededNumbers(seed, operation)
        let ranks = operation == "embedding" ? 2...2 : 1...(numbers.chance(0.3) ? 5 : 3)
        let isLimited = numbers.chance(0.8)
        let shape = RandomShape.shape(&numbers, ranks: ranks).map { isLimited ? min($0, 200) : $0 }
        var result = ParityCase(operation).with("shape", shape)
            .with(
                "indices", numbers.chance(0.5) ? [1 + numbers.below(40)] : [1 + numbers.below(5), 1 + numbers.below(6)])
        if operation != "embedding" { result = result.with("axis", numbers.below(shape.count)) }
        if numbers.chance(0.5) { result = result.with("index-dtype", "int32") }
        if numbers.chance(0.3) {
            result = result.with("dtype", numbers.pick(["float16", "bfloat16", "int32", "int64"]))
        }
        if numbers.chance(0.2) { result = result.with("other-view", numbers.pick(["strided", "reversed", "offset"])) }
        if numbers.chance(0.3) { result = result.with("view", numbers.pick(CaseView.fitting(shape)).rawValue) }
        return result.with("seed", seed)
    }

    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        let (dtype, shape) = (try reader.dtype(), try reader.shape("shape"))
        let indexDType = try reader.dtype("index-dtype", default: .int64)
        let given = reader.has("axis") ? try reader.integer("axis", default: 0) : 0
        let axis = given < 0 ? given + shape.count : given
        let indexShape = try reader.shape("indices")
        guard shape.indices.contains(axis) else { throw reader.error("there is no axis \(given)") }
        let count = indexShape.reduce(1, *)
        guard shape[axis] > 0 || count == 0 else { throw reader.error("nothing can be indexed on an axis of size 0") }
        var graph = CaseGraph(reader)
        let input = try graph.operand(
            "input", dtype, shape, reader.word("values", default: .normal), view: reader.word("view", default: .dense))
        func indices(_ stream: String) throws(CaseError) -> [Int] {
            var numbers = SeededNumbers(try reader.seed, stream)
            let size = shape[axis]
            // Some at the ends of the axis, which random ones of a long axis miss.
            return (0..<count).map { _ in
                numbers.chance(0.2)
                    ? numbers.pick([0, -1, size - 1, -size, max(0, size - 2)]) : numbers.below(2 * size) - size
            }
        }
        let valid = try indices("indices")
        let otherView = try reader.word("other-view", default: CaseView.dense)
        let index = try graph.operand(
            "indices", Tensor(indices: valid, indexDType, indexShape),
            other: Tensor(indices: indices(CaseGraph.other("indices")), indexDType, indexShape), view: otherView)
        if count > 0, !otherView.isConstant {
            var numbers = SeededNumbers(try reader.seed, "invalid indices")
            let invalid = DueError.indices(outside: shape[axis], room: 1, indexDType)
            for number in [
                invalid[numbers.below(2)], numbers.pick(invalid), invalid[invalid.count - 1 - numbers.below(6)]
            ] {
                var wrong = valid
                wrong[numbers.below(count)] = number
                graph.dueErrors.append(
                    DueError(
                        input: "indices", tensor: otherView.storing(Tensor(indices: wrong, indexDType, indexShape)),
                        index: number,
                        size: shape[axis], operation: reader.subject.operation))
            }
        }
        switch reader.subject.operation {
        case "embedding":
            return try graph.finished(
                graph.apply("embedding", ["indices": index, "table": input])[0], keepsZeroSigns: true)
        case "gather":
            return try graph.finished(
                graph.apply(.gather, [input, index], ["axis": .integer(given)]), keepsZeroSigns: true)
        default:
            var gathered = shape
            gathered.replaceSubrange(axis...axis, with: indexShape)
            let updates = try graph.operand(
                "updates", dtype, gathered, reader.word("values", default: .normal),
                view: CaseView.fitting(gathered).contains(otherView) ? otherView : .dense)
            return try graph.finished(graph.apply(.scatterAdd, [input, index, updates], ["axis": .integer(given)]))
        }
    }
}

/// `update_slice`: replaces a part at a position given at run time.
struct UpdateSliceCases: CaseFamily {
    let operations = ["update_slice"]

    func keys(of operation: String) -> [String] {
        ["shape", "length", "axis", "start", "starts", "start-dtype", "dtype", "values", "view", "other-view", "seed"]
    }

    func grid(of operation: String) -> [ParityCase] {
        func placed(_ shape: [Int], _ axis: Int, _ length: Int, _ start: Int) -> ParityCase {
            ParityCase("update_slice").with("shape", shape).with("axis", axis).with("length", length).with(
                "start", start)
        }
        let variants = [
            placed([2, 9, 70], 1, 3, 4), placed([5], 0, 0, 5), placed([5], 0, 5, 0), placed([7, 3], 0, 1, -1),
            placed([33, 40], 1, 17, 23), placed([1, 1, 1025], 2, 16, 1009), placed([4, 6], -1, 2, -3)
        ]
        /// A start for each index of axis 0.
        func ragged(_ shape: [Int], _ axis: Int, _ length: Int, _ starts: [Int]) -> ParityCase {
            ParityCase("update_slice").with("shape", shape).with("axis", axis).with("length", length).with(
                "starts", list: starts)
        }
        var cases = variants.enumerated().map { $1.with("seed", $0) }
        let batches = [
            ragged([3, 9, 7], 1, 2, [4, 0, 7]), ragged([4, 2, 17, 20], 2, 1, [16, 3, -1, 0]),
            ragged([1, 40], 1, 5, [-7]), ragged([2, 3, 5], -1, 0, [5, 0]), ragged([2, 3, 0, 4], 2, 0, [0, 0])
        ]
        cases += batches.enumerated().map { $1.with("seed", 40 + $0) }
        cases.append(batches[0].with("start-dtype", "int32").with("dtype", "bfloat16").with("seed", 50))
        cases.append(batches[1].with("dtype", "float16").with("seed", 51))
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
        let length = numbers.below(shape[axis] + 1)
        let room = shape[axis] - length + 1
        var result = ParityCase(operation).with("shape", shape).with("axis", axis).with("length", length)
        if axis > 0, (1...64).contains(shape[0]), numbers.chance(0.4) {
            result = result.with("starts", list: (0..<shape[0]).map { _ in numbers.below(room) })
        } else {
            result = result.with("start", numbers.below(room))
        }
        if numbers.chance(0.3) { result = result.with("dtype", numbers.pick(DType.allCases).rawValue) }
        if numbers.chance(0.3) { result = result.with("view", numbers.pick(CaseView.fitting(shape)).rawValue) }
        if numbers.chance(0.3) { result = result.with("start-dtype", "int32") }
        if numbers.chance(0.2) { result = result.with("other-view", numbers.pick(CaseView.fitting(shape)).rawValue) }
        return result.with("seed", seed)
    }

    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        let (dtype, shape, given) = (
            try reader.dtype(), try reader.shape("shape"), try reader.integer("axis", default: 0)
        )
        let axis = given < 0 ? given + shape.count : given
        guard shape.indices.contains(axis) else { throw reader.error("there is no axis \(given)") }
        let (length, list) = (try reader.size("length", default: 1), try reader.optionalList("starts"))
        let single = try reader.integer("start", default: 0)
        let starts = list ?? [single]
        for start in starts {
            let first = start < 0 ? start + shape[axis] : start
            guard length <= shape[axis], first >= 0, first <= shape[axis] - length else {
                throw reader.error("the update does not fit at \(start)")
            }
        }
        guard list == nil || (axis > 0 && starts.count == shape[0] && !reader.has("start")) else {
            throw reader.error("starts are one for each of the \(shape[0]) indices of axis 0, and instead of start")
        }
        let startShape = list == nil ? [] : [starts.count]
        let startDType = try reader.dtype("start-dtype", default: .int64)
        guard startDType.isInteger else { throw reader.error("start-dtype must be int32 or int64") }
        var part = shape
        part[axis] = length
        let values = try reader.word("values", default: CaseValues.normal)
        var graph = CaseGraph(reader)
        let input = try graph.operand("input", dtype, shape, values, view: reader.word("view", default: .dense))
        let update = try graph.operand(
            "update", dtype, part, values, view: reader.word("other-view", default: .dense))
        var numbers = SeededNumbers(try reader.seed, CaseGraph.other("start"))
        let place = try graph.input(
            "start", Tensor(indices: starts, startDType, startShape),
            other: Tensor(
                indices: starts.map { _ in numbers.below(shape[axis] - length + 1) }, startDType, startShape))
        let invalid = DueError.indices(outside: shape[axis], room: length, startDType)
        let picked = [invalid[numbers.below(3)], numbers.pick(invalid), invalid[invalid.count - 1 - numbers.below(6)]]
        for number in picked where !starts.isEmpty {
            var wrong = starts
            wrong[numbers.below(wrong.count)] = number
            graph.dueErrors.append(
                DueError(
                    input: "start", tensor: Tensor(indices: wrong, startDType, startShape), index: number,
                    size: shape[axis], operation: reader.subject.operation))
        }
        return try graph.finished(
            graph.apply(.updateSlice, [input, update, place], ["axis": .integer(given)]), keepsZeroSigns: true)
    }
}
