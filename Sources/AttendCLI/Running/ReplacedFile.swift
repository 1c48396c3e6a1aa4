import ArgumentParser
import Foundation

/// Refuses outputs that would replace what a command reads.
enum ReplacedFile {
    /// - Parameters:
    ///   - outputs: Options and their files.
    ///   - inputs: Files that are read.
    ///   - folder: A model's folder, no file of which may be replaced.
    /// - Throws: `ValidationError` that names the option and the file.
    static func check(
        _ outputs: KeyValuePairs<String, String?>, reading inputs: [String?], folder: String? = nil
    ) throws {
        let read = Set(inputs.compactMap { $0.map(place) })
        for case (let option, let path?) in outputs {
            if path == "-" { throw ValidationError("\(option) -: outputs go to a file; name one") }
            let target = place(path)
            if read.contains(target) {
                throw ValidationError("\(option) \(path) would replace a file that is read; name another")
            }
            if let folder, target.hasPrefix("\(place(folder))/"), FileManager.default.fileExists(atPath: target) {
                throw ValidationError("\(option) \(path) would replace a file of the model; name another")
            }
        }
    }

    /// Its path behind links; of a file that is not there yet, the folder's.
    private static func place(_ path: String) -> String {
        let url = URL(fileURLWithPath: path)
        return url.deletingLastPathComponent().resolvingSymlinksInPath()
            .appendingPathComponent(url.lastPathComponent).resolvingSymlinksInPath().standardized.path
    }
}
