import ArgumentParser
import Foundation

/// Checks of a command's output files before it runs.
enum OutputPlaces {
    /// Throws for output files that would replace an input, or each other.
    ///
    /// - Parameters:
    ///   - outputs: Options and their files.
    ///   - inputs: Input files; of an input folder, no file may be replaced.
    /// - Throws: `ValidationError` that names the option and the file.
    static func check(_ outputs: KeyValuePairs<String, String?>, reading inputs: [String?]) throws {
        let read = inputs.compactMap { $0.map(resolved) }
        var written: [String: String] = [:]
        for case (let option, let path?) in outputs {
            guard path != "-" else { throw ValidationError("\(option) -: outputs go to a file; name one") }
            let place = resolved(path)
            if let other = written.updateValue(option, forKey: place) {
                throw ValidationError("\(other) and \(option) name the same file, \(path)")
            }
            if read.contains(place) {
                throw ValidationError("\(option) \(path) would replace a file that is read; name another")
            }
            if FileManager.default.fileExists(atPath: place), read.contains(where: { place.hasPrefix("\($0)/") }) {
                throw ValidationError("\(option) \(path) would replace a file of the model; name another")
            }
        }
    }

    /// The path with links resolved.
    static func resolved(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
    }
}
