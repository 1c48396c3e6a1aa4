/// The source of a program: kernel files in order, and macros that specialize them to a dtype, an operation and a
/// width.
struct ProgramSpecification: Hashable, Sendable {
    var files: [KernelFile]
    /// Macros by name; written in sorted order, so that equal programs have equal options.
    private var defines: [String: String]

    init(_ files: [KernelFile], _ defines: [String: String] = [:]) {
        self.files = files
        self.defines = defines
    }

    mutating func define(_ name: String, _ value: String = "1") { defines[name] = value }

    subscript(name: String) -> String? { defines[name] }

    var source: String { files.map(\.text).joined(separator: "\n") }

    /// OpenCL C 1.2, since newer versions' generic address space breaks some compilers. No relaxed math: with
    /// finite-only math NaNs would be missed.
    var options: String {
        let macros = defines.sorted { $0.key < $1.key }.map { "-D \($0.key)=\($0.value)" }
        return (["-cl-std=CL1.2"] + macros).joined(separator: " ")
    }

    /// A label for errors and profiles.
    var label: String { files.last?.rawValue ?? "" }
}
