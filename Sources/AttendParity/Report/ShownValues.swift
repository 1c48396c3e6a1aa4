/// The values of a tiny case as text. Values that differ have different texts.
public struct ShownValues: Sendable, Hashable, Codable {
    /// A tensor.
    public struct Row: Sendable, Hashable, Codable {
        /// The name of an input, a constant or an output.
        public var name: String
        /// The dtype and shape, such as `float32[2, 3]`.
        public var type: String
        /// The elements in row-major order.
        public var elements: [String]
    }

    /// The inputs and constants of the case.
    public var inputs: [Row] = []
    /// The wrong output as the backend computed it; nil if none is wrong by its elements.
    public var output: Row?
    /// The same output as expected; `any` for elements without a bound.
    public var expected: Row?

    /// The largest number of elements of all tensors that are shown.
    public static let limit = 16

    /// One line for each tensor, without indentation. The elements of the output and the expected ones are aligned.
    public var lines: [String] {
        let pair = [output, expected].compactMap(\.self)
        let columns = (pair.first?.elements ?? []).indices.map { index in
            pair.map { index < $0.elements.count ? $0.elements[index].count : 0 }.max() ?? 0
        }
        let rows = inputs + pair
        let heads = rows.map { $0.type.isEmpty ? $0.name : "\($0.name) \($0.type)" }
        let width = heads.map(\.count).max() ?? 0
        return zip(rows.indices, zip(rows, heads)).map { index, row in
            let widths = index < inputs.count ? [] : columns
            let elements = row.0.elements.enumerated().map { place, text in
                ShownValues.padded(text, place < widths.count ? widths[place] : 0, isLeading: true)
            }
            return "\(ShownValues.padded(row.1, width))  \(elements.joined(separator: " "))"
        }
    }

    private static func padded(_ text: String, _ width: Int, isLeading: Bool = false) -> String {
        let padding = String(repeating: " ", count: max(0, width - text.count))
        return isLeading ? padding + text : text + padding
    }
}
