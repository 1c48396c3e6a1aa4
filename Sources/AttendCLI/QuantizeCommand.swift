import ArgumentParser
import AttendModels
import AttendRuntime

struct QuantizeCommand: HelpfulCommand {
    static let configuration = CommandConfiguration(
        commandName: "quantize", abstract: "Quantize a model's matrices to 4 or 8 bits, in MLX's layout.",
        usage: "attend quantize <model> --output <folder> [--bits <bits>] [--group <group>]",
        discussion: """
            Projections, heads and the token embeddings become integers that share a scale and an offset in groups \
            along a row; norms, biases, position tables and convolutions stay. The folder runs with every command, and \
            with mlx-lm where it knows the family.

            With 4 bits, the integers of a projection are chosen so that its outputs on calibration texts are nearest (GPTQ); \
            the report names the number of texts.

            The report has the error of each matrix, the sizes, and on sample texts the cosine of the embeddings or \
            the divergence of the logits (Kullback-Leibler, in nats) against the original.
            """)

    static let examples = [
        "attend quantize all-MiniLM-L6-v2 --bits 8 --output minilm-8",
        "attend quantize all-MiniLM-L6-v2 --bits 4 --group 32 --output minilm-4 --json"
    ]
    static let essentials = ["model", "output", "bits", "group", "dtype", "json"]

    @Argument(help: "A model folder, or the name of a cached model.", completion: .directory)
    var model: String

    @Option(name: .long, help: "The new folder.", completion: .directory)
    var output: String

    @Option(name: .long, help: "Bits of an integer: 4 or 8.", completion: .list(["4", "8"]))
    var bits = 4

    @Option(
        name: .long, help: "Columns that share a scale and an offset: 32, 64 or 128.",
        completion: .list(["32", "64", "128"]))
    var group = 64

    @Option(
        name: .long,
        help:
            "Data type of scales, offsets and weights that stay: float32, float16 or bfloat16. Default: as they are stored.",
        completion: .list(Choice.floatingPoint))
    var dtype: String?

    @Flag(
        name: .long, help: "Leave matrices as they are whose rows are no whole number of groups, instead of an error.")
    var keepIndivisible = false

    @Option(
        name: .long,
        help: "Compare on the texts of this file, one per line; - for standard input. Default: eight texts.",
        completion: .file())
    var texts: String?

    @Option(
        name: .long,
        help:
            """
            Choose integers by the activations on the texts of this file, one per line; - for standard input. Default: \
            \(Calibration.samples.count) built-in texts for 4 bits, none for 8.
            """,
        completion: .file())
    var calibrate: String?

    @Flag(name: .long, help: "Choose integers by the weights alone.")
    var noCalibration = false

    @OptionGroup(title: "Backends") var choice: BackendChoice

    @Flag(
        name: .long,
        help:
            """
            Print one JSON object: version, model, output, bits, group, calibration_texts, matrices (name, shape, worst, mean), kept, \
            left_out, bytes_before, bytes_after, comparison.
            """)
    var json = false

    func validate() throws {
        _ = try form
        if let dtype { _ = try Choice.floatingPoint(dtype) }
        guard calibrate == nil || !noCalibration else {
            throw ValidationError("--calibrate and --no-calibration contradict each other; give one")
        }
        guard calibrate != "-" || texts != "-" else {
            throw ValidationError("--calibrate and --texts can't both read standard input")
        }
    }

    private var form: QuantizedForm {
        get throws {
            guard let form = QuantizedForm(bits: bits, group: group) else {
                throw ValidationError(
                    QuantizedForm.bitCounts.contains(bits)
                        ? "--group \(group): expected 32, 64 or 128" : "--bits \(bits): expected 4 or 8")
            }
            return form
        }
    }

    func run() throws {
        try Exit.reporting {
            let sentences = try texts.map { try TextsFile($0).texts } ?? Fidelity.samples
            let original = try ModelPlace.load(model, dtype: .float32)
            let quantizer = try ModelQuantizer(
                original, form: form, dtype: dtype.map { try Choice.floatingPoint($0) },
                keepsIndivisible: keepIndivisible)
            let chosen = try choice.make()
            let line = ProgressLine()
            defer { line.clear() }
            let calibration = try calibration(original, chosen)
            let report = try quantizer.write(to: output, calibration: calibration) { name, done, total in
                line.show("quantizing: \(done * 100 / max(total, 1)) % of \(Quantity.bytes(total))  \(name)")
            }
            line.show("comparing on \(sentences.count) texts")
            let fidelity = try Fidelity.of(
                LoadedModel(folder: output), against: original, on: sentences
            ) { chosen.program($0, .standard) }
            line.clear()
            let result = QuantizationText(
                model: original.folder, output: output, report: report, kept: quantizer.indivisible, fidelity: fidelity,
                calibrationCount: calibration?.textCount)
            for path in report.leftOut { Terminal.log("attend: not copied, weights in another format: \(path)") }
            guard json else {
                for text in result.lines { Terminal.write(text) }
                return
            }
            try Terminal.write(result.json)
        }
    }

    /// The activations to quantize by; nil without.
    private func calibration(_ model: LoadedModel, _ chosen: ChosenBackends) throws -> Calibration? {
        guard !noCalibration, calibrate != nil || bits == 4 else { return nil }
        let given = try calibrate.map { try TextsFile($0).texts }
        do {
            return try Calibration(of: model, on: given ?? Calibration.samples) { chosen.program($0, .standard) }
        } catch let error as CalibrationError where given == nil {
            Terminal.log("attend: integers are chosen by the weights alone: \(error)")
        } catch let error as TokenizerError where given == nil {
            Terminal.log("attend: integers are chosen by the weights alone: \(error)")
        }
        return nil
    }
}
