/// The built-in files, unparsed.
package enum BuiltInFiles {
    /// The presets by name.
    package static var presets: [String: String] { PresetFiles.texts }

    /// The examples to explain and run, by file name.
    package static var examples: [String: [UInt8]] { ExampleFiles.bytes }
}
