import AttendCore

extension Specification {
    /// The place in the output that each element of the input is folded into.
    private func targets(of shape: [Int], reducing axes: [Int], _ body: (_ source: Int, _ target: Int) -> Void) {
        let kept = shape.indices.map { axes.contains($0) ? 1 : shape[$0] }
        var source = 0
        BroadcastIndices(shape, [kept]).visit { positions in
            body(source, positions[0])
            source += 1
        }
    }

    func reduction(_ operand: Elements<Scalar>) -> Elements<Scalar> {
        let input = shape(0)
        let axes = (attributes.optionalIntegers("axes") ?? Array(input.indices)).map { $0 < 0 ? $0 + input.count : $0 }
        let isSum = primitive == .reduceSum
        switch operand {
        case .floating(let values):
            let start = isSum ? Scalar(0 as Float) : Scalar(-Float.infinity)
            var results = Array(repeating: start, count: output.elementCount)
            targets(of: input, reducing: axes) { source, target in
                let (known, value) = (results[target], values[source])
                if isSum {
                    results[target] = known + value
                } else if value.isNaN || known < value {
                    results[target] = value
                }
            }
            return .floating(results)
        case .integer(let values):
            let narrow = output.dtype == .int32
            let least = narrow ? Int64(Int32.min) : Int64.min
            var results = Array(repeating: isSum ? 0 : least, count: output.elementCount)
            targets(of: input, reducing: axes) { source, target in
                let value = values[source]
                results[target] = isSum ? results[target] &+ value : max(results[target], value)
            }
            return .integer(narrow ? results.map { Int64(Int32(truncatingIfNeeded: $0)) } : results)
        case .bool: mismatch()
        }
    }

    /// The first of the largest; a NaN counts as larger than every number.
    func argMax(_ operand: Elements<Scalar>) -> Elements<Scalar> {
        let input = shape(0)
        let axis =
            attributes.integer("axis") < 0 ? attributes.integer("axis") + input.count : attributes.integer("axis")
        let stride = input[(axis + 1)...].reduce(1, *)
        func best<Element>(_ values: [Element], _ exceeds: (Element, Element) -> Bool) -> [Int64] {
            var results: [Int64] = []
            for outer in 0..<input[..<axis].reduce(1, *) {
                for inner in 0..<stride {
                    let start = outer * input[axis] * stride + inner
                    var best = 0
                    for index in 1..<max(input[axis], 1)
                    where exceeds(values[start + index * stride], values[start + best * stride]) {
                        best = index
                    }
                    results.append(Int64(best))
                }
            }
            return results
        }
        switch operand {
        case .floating(let values): return .integer(best(values) { $1 < $0 || ($0.isNaN && !$1.isNaN) })
        case .integer(let values): return .integer(best(values, >))
        case .bool: mismatch()
        }
    }
}
