import AttendRuntime

/// A tensor by its name and type, without its elements.
extension Tensor {
    /// `logits  float32[2, 5, 192]`.
    func line(named name: String) -> String { "\(name)  \(dtype)\(shape)" }

    /// The name and type as members of a JSON object.
    func summary(named name: String) -> [JSONValue.Member] {
        [.init("name", .string(name)), .init("dtype", .string(dtype.rawValue)), .init("shape", .sizes(shape))]
    }
}
