import AttendRuntime

/// When the tokens of a transcript were spoken, from the cross-attention of heads that follow the sound: dynamic time
/// warping of tokens and frames (Radford et al., "openai-whisper", `timing.py`).
package enum WordTiming {
    /// The frame at which each token ends.
    ///
    /// - Parameters:
    ///   - patterns: By head, the rows of the tokens over the frames of the sound.
    ///   - filterWidth: The odd width of the median filter over frames.
    /// - Returns: A frame for each row.
    /// - Complexity: O(heads · tokens · frames).
    package static func frames(_ patterns: [[[Float]]], filterWidth: Int) -> [Int] {
        guard let count = patterns.first?.count, count > 0, let width = patterns[0].first?.count, width > 0 else {
            return []
        }
        var sums = [[Double]](repeating: [Double](repeating: 0, count: width), count: count)
        for pattern in patterns {
            for (row, numbers) in filtered(normalized(pattern), filterWidth).enumerated() {
                for (frame, number) in numbers.enumerated() { sums[row][frame] += number }
            }
        }
        let costs = sums.map { $0.map { -$0 / Double(patterns.count) } }
        var jumps: [Int] = []
        var last = -1
        for (row, frame) in path(costs) where row != last {
            last = row
            jumps.append(frame)
        }
        return jumps
    }

    /// Each frame's attention over the tokens, less its mean and in units of its standard deviation.
    private static func normalized(_ pattern: [[Float]]) -> [[Double]] {
        let (rows, width) = (pattern.count, pattern[0].count)
        var result = pattern.map { $0.map { Double($0) } }
        for frame in 0..<width {
            let mean = (0..<rows).reduce(0) { $0 + result[$1][frame] } / Double(rows)
            let variance = (0..<rows).reduce(0) { $0 + (result[$1][frame] - mean) * (result[$1][frame] - mean) }
            let deviation = (variance / Double(rows)).squareRoot()
            for row in 0..<rows { result[row][frame] = deviation > 0 ? (result[row][frame] - mean) / deviation : 0 }
        }
        return result
    }

    /// The median of each number and its neighbors, reflected at the ends.
    private static func filtered(_ rows: [[Double]], _ filterWidth: Int) -> [[Double]] {
        let (reach, width) = (filterWidth / 2, rows[0].count)
        guard width > reach else { return rows }
        return rows.map { row in
            (0..<width).map { center in
                let near = (center - reach...center + reach).map { place -> Double in
                    let inside = place < 0 ? -place : place >= width ? 2 * (width - 1) - place : place
                    return row[inside]
                }
                return near.sorted()[reach]
            }
        }
    }

    /// The cheapest path through the costs from corner to corner, each step to the next row, the next column or both.
    private static func path(_ costs: [[Double]]) -> [(row: Int, column: Int)] {
        let (rows, columns) = (costs.count, costs[0].count)
        let stride = columns + 1
        var total = [Float](repeating: .infinity, count: (rows + 1) * stride)
        var steps = [UInt8](repeating: 0, count: (rows + 1) * stride)
        total[0] = 0
        for column in 1...columns {
            for row in 1...rows {
                let (both, down, right) = (
                    total[(row - 1) * stride + column - 1], total[(row - 1) * stride + column],
                    total[row * stride + column - 1]
                )
                let (least, step): (Float, UInt8) =
                    both < down && both < right ? (both, 0) : down < both && down < right ? (down, 1) : (right, 2)
                total[row * stride + column] = Float(costs[row - 1][column - 1] + Double(least))
                steps[row * stride + column] = step
            }
        }
        var (row, column) = (rows, columns)
        var path: [(row: Int, column: Int)] = []
        while row > 0 || column > 0 {
            path.append((row - 1, column - 1))
            let step = row == 0 ? 2 : column == 0 ? 1 : steps[row * stride + column]
            if step != 2 { row -= 1 }
            if step != 1 { column -= 1 }
        }
        return path.reversed()
    }
}
