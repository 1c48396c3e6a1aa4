import AttendRuntime
import Foundation

/// One matrix of an output: its last two axes, at an index of the other axes.
struct Sheet {
    /// The indices along the other axes; empty if there is only one sheet.
    let place: [Int]
    /// The positions of each row's elements in the tensor.
    let rows: [Range<Int>]

    /// The sheets of a tensor of this shape; a vector is one row, a scalar one element.
    static func all(of shape: [Int]) -> [Sheet] {
        let (leading, columns) = (shape.dropLast(2), shape.last ?? 1)
        let rows = shape.count > 1 ? shape[shape.count - 2] : 1
        let count = leading.reduce(1, *)
        return (0..<count).map { index in
            var (place, rest) = ([Int](), index)
            for size in leading.reversed() {
                place.insert(rest % size, at: 0)
                rest /= size
            }
            let start = index * rows * columns
            return Sheet(
                place: count > 1 ? place : [],
                rows: (0..<rows).map { (start + $0 * columns)..<(start + ($0 + 1) * columns) })
        }
    }

    func title(_ name: String) -> String? { place.isEmpty ? nil : "\(name)\(place)" }
}

/// A requested output, with the labels of its last two axes.
struct ShownOutput {
    let name: String
    let tensor: Tensor
    let rowLabels: [String]?
    let columnLabels: [String]?

    init(_ name: String, _ tensor: Tensor, _ type: TensorType, _ labels: Labels) {
        (self.name, self.tensor) = (name, tensor)
        rowLabels = type.rank > 1 ? labels.tokens(along: type.shape[type.rank - 2]) : nil
        columnLabels = type.shape.last.flatMap(labels.tokens(along:))
    }

    var heading: String { tensor.line(named: name) }

    /// The numbers in columns, five digits each; `--json` and `--output` have all digits.
    func numbers() -> [String] {
        let texts = elements()
        let width = (texts + (columnLabels ?? [])).map(DisplayText.width).max() ?? 0
        let labelWidth = rowLabels?.map(DisplayText.width).max() ?? 0
        func line(_ label: String, _ cells: some Sequence<String>) -> String {
            let start = rowLabels == nil ? [] : [DisplayText.fitted(label, labelWidth)]
            return (start + cells.map { DisplayText.fitted($0, width, right: true) }).joined(separator: "  ")
        }
        return Sheet.all(of: tensor.shape).flatMap { sheet in
            let head = [sheet.title(name), columnLabels.map { line("", $0) }].compactMap(\.self)
            return head + sheet.rows.enumerated().map { line(rowLabels?[$0] ?? "", texts[$1]) }
        }
    }

    private func elements() -> [String] {
        switch tensor.storage {
        case .float32, .float16, .bfloat16:
            ((try? tensor.floats()) ?? []).map { $0.isNaN ? "nan" : String(format: "%.5g", Double($0)) }
        case .int32(let values): values.map { "\($0)" }
        case .int64(let values): values.map { "\($0)" }
        case .bool(let values): values.map { $0 == 0 ? "false" : "true" }
        }
    }
}
