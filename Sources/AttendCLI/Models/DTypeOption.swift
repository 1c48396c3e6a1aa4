import ArgumentParser
import AttendRuntime

/// The data type that a model computes in.
struct DTypeOption: ParsableArguments {
    @Option(
        name: .long,
        help:
            """
            Data type that a model or preset computes in, whatever its files are stored in: float32, float16 or \
            bfloat16. Default: float32.
            """,
        completion: .list(Choice.floatingPoint))
    var dtype: String?

    func validate() throws { if let dtype { _ = try Choice.floatingPoint(dtype) } }

    /// The type; float32 by default.
    ///
    /// - Throws: `ValidationError` for a text that names none.
    var value: DType { get throws { try dtype.map(Choice.floatingPoint) ?? .float32 } }

    /// - Parameter other: What is named instead of a model.
    /// - Throws: `ValidationError` if a type is given.
    func refuse(for other: String) throws {
        guard let dtype else { return }
        throw ValidationError("--dtype \(dtype) is for a model or preset; \(other) has types of its own")
    }
}
