public import AttendRuntime

/// The activations of a model on sample texts: the inputs x of each projection, which tell what an error of a weight costs.
///
/// With quantized weights ŵ, a projection's output is off by (w − ŵ) · x; over all tokens, the squared error of a row is
/// (w − ŵ) H (w − ŵ)ᵀ with H = Σ x xᵀ.
public final class Calibration {
    /// The backend's program of a graph.
    private let program: (Graph) throws -> Program
    /// The inputs of the model for each text.
    private let inputs: [[String: Tensor]]
    private let graph: Graph
    /// The input of each weight's projection, by the weight's name in graphs.
    private let projections: [String: Graph.ValueID]
    /// The moments in memory.
    private var held: [Graph.ValueID: Moments] = [:]

    /// Numbers of activations and moments that are in memory at once.
    private static let capacity = 1 << 28
    /// Wider inputs have a diagonal only: the rest takes O(width³).
    static let widest = 4096

    /// H of one input.
    package struct Moments {
        let width: Int
        /// Number of tokens.
        let count: Int
        /// Σ x xᵀ, `[width, width]`; its diagonal `[width]` for an input wider than ``Calibration/widest``.
        package let sums: [Float]

        package init(width: Int, count: Int, sums: [Float]) {
            (self.width, self.count, self.sums) = (width, count, sums)
        }

        var isDiagonal: Bool { sums.count == width }
    }

    /// Prepares the model to run on texts.
    ///
    /// - Parameters:
    ///   - texts: Texts of any length; those beyond the model's are truncated.
    ///   - program: A graph's program on a backend.
    /// - Throws: ``CalibrationError`` for a model that does not read texts alone; errors of the model's files and
    ///   tokenizer.
    public init(of model: LoadedModel, on texts: [String], program: @escaping (Graph) throws -> Program) throws {
        guard !model.configuration.hasTwoStacks else {
            throw CalibrationError("\(model.folder): a model of two stacks does not run on a text alone")
        }
        let tokenizer = try model.tokenizer()
        let batch = TokenBatch(
            tokenizer: tokenizer.tokenizer, configuration: model.configuration, padsStart: tokenizer.sides.padsStart)
        let encodings = texts.map {
            tokenizer.tokenizer.encode($0, maximumLength: tokenizer.length.count)
        }
        inputs = try encodings.filter { !$0.ids.isEmpty }.map { try batch.inputs(for: [$0]) }
        guard !inputs.isEmpty else { throw CalibrationError("\(model.folder): the texts have no tokens") }
        self.program = program
        let outputs: Set<ModelOutput> = model.outputs.contains(.logits) ? [.logits] : [.lastHiddenState]
        let all = outputs.union(model.outputs.contains(.poolerOutput) ? [.poolerOutput] : [])
        // Joined weights have no names, and epilogues no operation of their own.
        let passes = Optimizer.standard.without([
            "merge-projections", "join-epilogues", "merge-output-projections"
        ])
        let graph = try passes.optimize(try model.graph(all)).graph
        var projections: [String: Graph.ValueID] = [:]
        for node in graph.nodes where node.operation.id == .linear {
            guard let input = node.inputs[0], let weight = node.inputs[1],
                case .constant(let index) = graph.values[weight].source
            else { continue }
            projections[graph.constants[index].name] = input
        }
        // The rows of a table that is looked up too matter by themselves.
        for node in graph.nodes where node.operation.id != .linear {
            for case .constant(let index) in node.inputs.compactMap({ $0.map { graph.values[$0].source } }) {
                projections[graph.constants[index].name] = nil
            }
        }
        (self.graph, self.projections) = (graph, projections)
    }

    /// The moments of the inputs of the projections with a weight; nil for a weight of another use.
    ///
    /// - Parameters:
    ///   - name: The weight's name in graphs.
    ///   - upcoming: Names of weights that will be asked for next, in that order: their moments are computed in the same
    ///     runs, as far as memory permits.
    func moments(of name: String, upcoming: some Sequence<String>) throws -> Moments? {
        guard let input = projections[name] else { return nil }
        if let moments = held[input] { return moments }
        var (wanted, room) = ([input], Calibration.capacity - cost(of: input))
        for next in upcoming {
            guard let other = projections[next], !wanted.contains(other) else { continue }
            room -= cost(of: other)
            guard room >= 0 else { break }
            wanted.append(other)
        }
        held = try measure(wanted)
        return held[input]
    }

    private func width(of input: Graph.ValueID) -> Int {
        graph.type(of: input).shape.last?.constant ?? 0
    }

    /// The number of texts with at least one token.
    public var textCount: Int { inputs.count }

    private var tokenCount: Int {
        inputs.reduce(0) { $0 + ($1["input_ids"]?.elementCount ?? 0) }
    }

    private func cost(of input: Graph.ValueID) -> Int {
        let width = width(of: input)
        return width * (tokenCount + (width <= Calibration.widest ? width : 1))
    }

    private func measure(_ wanted: [Graph.ValueID]) throws -> [Graph.ValueID: Moments] {
        let outputs = wanted.map { (name: "input\($0)", value: $0) }
        let session = try program(try graph.outputting(outputs)).makeSession()
        var rows: [Graph.ValueID: [Float]] = [:]
        for input in wanted { rows[input, default: []].reserveCapacity(width(of: input) * tokenCount) }
        for tensors in inputs {
            let results = try session.run(tensors)
            for (name, input) in outputs {
                guard let result = results[name] else { continue }
                rows[input]?.append(contentsOf: try result.floats())
            }
        }
        var moments: [Graph.ValueID: Moments] = [:]
        for input in wanted {
            guard let numbers = rows.removeValue(forKey: input) else { continue }
            guard numbers.allSatisfy(\.isFinite) else {
                throw CalibrationError("an input of \"\(name(of: input))\" is not finite on the calibration texts")
            }
            moments[input] = try moment(numbers, width: width(of: input))
        }
        return moments
    }

    private func name(of input: Graph.ValueID) -> String {
        projections.filter { $0.value == input }.keys.min() ?? ""
    }

    private func moment(_ numbers: [Float], width: Int) throws -> Moments {
        let count = numbers.count / width
        guard width <= Calibration.widest else {
            var sums = [Float](repeating: 0, count: width)
            for row in 0..<count {
                for column in 0..<width {
                    sums[column] += numbers[row * width + column] * numbers[row * width + column]
                }
            }
            return Moments(width: width, count: count, sums: sums)
        }
        let builder = GraphBuilder("moments")
        let x = try builder.input("x", .float32, [Size(count), Size(width)])
        try builder.output("sums", x.matmul(x, transposeLHS: true))
        let result = try program(try builder.build()).makeSession().run(["x": Tensor(numbers, shape: [count, width])])
        return Moments(width: width, count: count, sums: try result["sums"]?.floats() ?? [])
    }
}

/// A model that can't run on calibration texts, or texts that don't serve.
public struct CalibrationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The message.
    public let description: String

    init(_ description: String) { self.description = description }
}
