import ArgumentParser
import AttendModels
import AttendRuntime

/// The output of `attend inspect --check`.
struct WeightReport {
    let place: String
    let check: WeightCheck

    /// - Parameters:
    ///   - place: A model's folder or a safetensors file.
    ///   - dtype: The type that the model computes in.
    init(of place: String, dtype: DType) throws {
        let files: [SafetensorsFile]
        if FileKind.isFolder(place) {
            files = try ModelPlace.load(folder: place, dtype: dtype).weightFiles
        } else {
            guard try FileKind.isSafetensors(place) else {
                throw ValidationError(
                    "--check reads weights: a model folder or a safetensors file; \(place) is neither")
            }
            files = [try SafetensorsFile(place)]
        }
        let line = ProgressLine()
        defer { line.clear() }
        check = try WeightCheck(files, dtype: dtype) { done, total in
            line.show("checking weights: \(done * 100 / max(total, 1)) % of \(Quantity.bytes(total))")
        }
        self.place = place
    }

    var lines: [String] {
        check.findings.map { finding in
            let counts = [
                (finding.nanCount, "NaN"), (finding.infiniteCount, "infinite"),
                (finding.overflowCount, "beyond \(check.dtype)")
            ].filter { $0.0 > 0 }
            return """
                \(finding.path): tensor "\(finding.name)": \
                \(counts.map { "\(Quantity.grouped($0.0)) \($0.1)" }.joined(separator: ", ")), the first at \
                \(finding.first)
                """
        } + check.omitted.map { "not checked, of an unsupported type: \($0)" } + [
            check.findings.isEmpty
                ? "\(check.checkedCount) tensors, all finite\(type)"
                : "\(check.findings.count) of \(check.checkedCount) tensors are not finite\(type)"
        ]
    }

    private var type: String { check.dtype == .float32 ? "" : " in \(check.dtype)" }

    var json: JSONValue {
        .object([
            .init("version", .integer(1)), .init("file", .string(place)),
            .init("dtype", .string(check.dtype.rawValue)),
            .init("checked", .integer(check.checkedCount)),
            .init("omitted", .array(check.omitted.map { .string($0) })),
            .init(
                "not_finite",
                .array(
                    check.findings.map { finding in
                        .object([
                            .init("file", .string(finding.path)), .init("name", .string(finding.name)),
                            .init("nan", .integer(finding.nanCount)),
                            .init("infinite", .integer(finding.infiniteCount)),
                            .init("overflow", .integer(finding.overflowCount)),
                            .init("first", .array(finding.first.map { .integer($0) }))
                        ])
                    }))
        ])
    }
}
