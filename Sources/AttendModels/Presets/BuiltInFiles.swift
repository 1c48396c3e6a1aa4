/// The files that are part of the program, as they stand.
package enum BuiltInFiles {
    /// Presets, by name.
    package static var presets: [String: String] { PresetFiles.texts }

    /// The examples that are explained and run, by their files' names.
    package static var examples: [String: [UInt8]] { ExampleFiles.bytes }
}
