import ArgumentParser
import AttendModels
import AttendRuntime

/// The report of `count` on a model.
struct CountReport {
    let model: CountableModel
    let parameters: ParameterCount
    let costs: [ContextCost]
    let dtype: DType

    /// - Parameter contexts: Numbers of tokens; nil for doublings up to the model's context limit.
    init(_ model: CountableModel, contexts: [Int]?, dtype: DType) throws {
        self.model = model
        self.dtype = dtype
        parameters = ParameterCount(model.graph, declaredWeights: model.declaredWeights)
        if model.contextSymbols.isEmpty {
            costs = []
        } else {
            costs = try (contexts ?? CountReport.doublings(upTo: model.contextLimit ?? 2048)).map { tokens in
                do {
                    return try ContextCost.of(model, tokens: tokens)
                } catch {
                    guard let limit = model.contextLimit, tokens > limit else { throw error }
                    throw ValidationError("--context \(tokens): \(model.title) has positions for \(limit) tokens")
                }
            }
        }
    }

    private static func doublings(upTo limit: Int) -> [Int] {
        [16, 8, 4, 2, 1].map { limit / $0 }.filter { $0 > 0 }
    }

    func bytes(_ numbers: Int) -> Int { numbers.times(dtype.byteCount) }

    /// The number of parameters in attention matrices, without biases.
    var attentionTotal: Int { parameters.total(of: .attention) }

    func lines(width: Int) -> [String] {
        var lines = [DisplayText.cleaned(model.title)] + DisplayText.cleaned(model.source).wrapped(to: width)
        for attention in parameters.attentions { lines += [""] + attentionLines(attention.shape, attention.count) }
        return lines + [""] + parameterLines() + (costs.isEmpty ? [] : [""] + contextLines(width))
    }

    // MARK: Sections

    private func attentionLines(_ shape: AttentionShape, _ count: Int) -> [String] {
        var table = TextTable(indent: 2, left: [0, 3])
        func product(_ shape: [Int]) -> String { Quantity.grouped(shape.product) }
        let shared = shape.keyValueHeadCount < shape.headCount
        let note = shared ? "shared by \(shape.headCount / shape.keyValueHeadCount) heads" : ""
        for (name, matrix, note) in [
            ("query", shape.queryOfHead, ""), ("key", shape.keyOfHead, note),
            ("value down", shape.valueDownOfHead, note), ("value up", shape.valueUpOfHead, "")
        ] {
            table.add(name, "\(matrix)", product(matrix), note)
        }
        table.add("one head", "", Quantity.grouped(shape.headParameterCount), "the four together")
        table.add(
            "one block", "\(shape.headCount) heads", Quantity.grouped(shape.blockParameterCount),
            shape.biasCount > 0 ? "and \(Quantity.grouped(shape.biasCount)) of biases" : "")
        table.add(
            "all \(shape.kind.rawValue)", "\(count) block\(count == 1 ? "" : "s")",
            Quantity.grouped(count.times(shape.blockParameterCount)),
            """
            \(Quantity.percent(count.times(shape.blockParameterCount), of: parameters.total)) of \
            \(Quantity.rounded(parameters.total))
            """
        )
        let square = shape.squareValueMap.product
        table.add("a square value map", "\(shape.squareValueMap)", Quantity.grouped(square), "instead of")
        table.add(
            "value down and up", "", Quantity.grouped(shape.factoredValueMapCount),
            "\(Quantity.digits(Double(square) / Double(max(shape.factoredValueMapCount, 1)))) times fewer")
        return ["one head of \(shape.kind.rawValue)"] + table.lines()
    }

    private func parameterLines() -> [String] {
        var table = TextTable(indent: 2)
        func share(_ part: Int) -> String { Quantity.percent(part, of: parameters.total) }
        for group in parameters.groups {
            table.add(
                DisplayText.cleaned(group.name), "\(group.count)", "×", "\(group.shape)",
                Quantity.grouped(group.parameterCount), share(group.parameterCount))
        }
        var sums = TextTable(indent: 2)
        for role in ParameterCount.Role.allCases where parameters.total(of: role) > 0 {
            sums.add(role.rawValue, Quantity.grouped(parameters.total(of: role)), share(parameters.total(of: role)))
        }
        let forms = Set(model.quantizedForms.values.map(\.description)).sorted()
        sums.add(
            "in all", Quantity.grouped(parameters.total),
            Quantity.bytes(model.weightByteCount(dtype)) + " in \((forms + [dtype.rawValue]).joined(separator: ", "))")
        return ["parameters"] + table.lines() + [""] + sums.lines()
    }

    private func contextLines(_ width: Int) -> [String] {
        var table = TextTable(indent: 2)
        let patterns = Set(costs.map(\.patternCount))
        let all = patterns.count == 1 ? "all \(Quantity.grouped(patterns.first ?? 0))" : "all patterns"
        table.add("tokens", "cells of a pattern", "one pattern", all, "keys and values", "one pass")
        for cost in costs {
            table.add(
                Quantity.grouped(cost.tokens), Quantity.grouped(cost.patternCells),
                Quantity.bytes(bytes(cost.patternCells)), Quantity.bytes(bytes(cost.allPatternCells)),
                Quantity.bytes(bytes(cost.cachedNumbers)), Quantity.flops(cost.flops))
        }
        let fixed = model.fixedSymbols.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let heading = "as the context grows (\(([dtype.rawValue] + fixed).joined(separator: ", ")))"
        let note =
            """
            Patterns grow with the square of the number of tokens, keys and values linearly. A pass counts matrix \
            products only, a multiply-add as two operations, masked cells included.
            """
        return [heading] + table.lines() + note.wrapped(to: width - 2).map { "  \($0)" }
    }
}
