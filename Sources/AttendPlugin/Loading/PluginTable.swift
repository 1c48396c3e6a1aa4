internal import CAttendBackend

/// Validated reading of a plug-in's function table.
enum PluginTable {
    /// Size of the version 1.0 table, the smallest one. Members appended later are NULL in an older table.
    private static let leastSize = (MemoryLayout<attend_plugin>.offset(of: \.run) ?? 0) + MemoryLayout<Int>.size

    /// A copy with this program's layout: members that the plug-in lacks are NULL, unknown ones are dropped.
    static func read(_ table: UnsafePointer<attend_plugin>, path: String) throws(PluginError) -> attend_plugin {
        guard let copy = SizedStructure.copy(table, into: attend_plugin(), least: leastSize) else {
            throw .tableSize(path: path, found: SizedStructure.size(of: table), expected: leastSize)
        }
        guard copy.major == ATTEND_BACKEND_MAJOR else {
            throw .newerVersion(
                path: path, source: "its table", needed: "\(copy.major).\(copy.minor)",
                known: ABIVersion.host.description)
        }
        return copy
    }

    /// Checks required functions, and those that must be given together.
    static func check(_ table: attend_plugin, path: String) throws(PluginError) {
        func require(_ entry: String, _ isThere: Bool, _ reason: String) throws(PluginError) {
            guard isThere else { throw .missingEntry(path: path, entry: entry, reason: reason) }
        }
        func together(_ entries: [(name: String, isThere: Bool)]) throws(PluginError) {
            guard let one = entries.first(where: \.isThere) else { return }
            for entry in entries { try require(entry.name, entry.isThere, "it is required with \(one.name)") }
        }
        try require("name", table.name != nil, "every backend needs one")
        try require("version", table.version != nil, "every plug-in needs one")
        try require("create", table.create != nil, "every backend needs it")
        try require("prepare", table.prepare != nil, "every backend needs it")
        try require("run", table.run != nil, "every backend needs it")
        try together([("device_count", table.device_count != nil), ("device_info", table.device_info != nil)])
        try together([
            ("buffer_create", table.buffer_create != nil), ("buffer_free", table.buffer_free != nil),
            ("copy_in", table.copy_in != nil), ("copy_out", table.copy_out != nil)
        ])
        try together([
            ("stream_create", table.stream_create != nil), ("stream_free", table.stream_free != nil),
            ("synchronize", table.synchronize != nil)
        ])
        try together([("instance_create", table.instance_create != nil), ("instance_free", table.instance_free != nil)])
        if table.pack != nil { try require("buffer_create", table.buffer_create != nil, "pack creates buffers") }
    }

    /// Checks the library against its manifest, which is what the user was shown.
    static func compare(_ table: attend_plugin, _ plugin: Plugin) throws(PluginError) {
        let pairs = [
            ("the name", plugin.manifest.name, text(table.name)),
            ("the version", plugin.manifest.version, text(table.version))
        ]
        for (what, expected, found) in pairs where found != expected {
            throw .contradiction(
                path: plugin.path, what: "\(what) in its table", expected: "\"\(expected)\" as in the manifest",
                found: "\"\(ShownText.cleaned(found ?? ""))\"")
        }
    }

    /// Maximum length of a plug-in's string in bytes; longer or unterminated ones are truncated.
    private static let textLimit = 1 << 12

    /// A plug-in's string unchanged, for comparing or passing back; nil for NULL.
    static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
        guard let pointer else { return nil }
        var bytes: [UInt8] = []
        while bytes.count < textLimit, case let byte = UInt8(bitPattern: pointer[bytes.count]), byte != 0 {
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A plug-in's string for display, see ``ShownText``; a truncated one ends in `…`. Nil for NULL and for blank text.
    static func words(_ pointer: UnsafePointer<CChar>?) -> String? {
        guard let pointer, let text = text(pointer) else { return nil }
        let isCut = (0..<textLimit).allSatisfy { pointer[$0] != 0 } && pointer[textLimit] != 0
        let words = ShownText.cleaned(text) + (isCut ? "…" : "")
        return words.isEmpty ? nil : words
    }
}
