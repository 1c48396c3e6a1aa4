import AttendParity
import AttendPlugin

/// Plug-ins before their code would run: the manifest and the library's headers.
struct PluginTarget: FuzzTarget {
    func seeds() throws -> [Draft] {
        let manifest = try DraftValue(
            parsing: """
                {"attend_plugin": 1, "name": "seed", "version": "1.0.0", "summary": "a seed",
                 "needs": {"abi": "1.0", "libraries": ["libm.so.6"], "remedy": "apt-get install libc6"}}
                """)
        let short = try DraftValue(
            parsing: "{\"attend_plugin\": 1, \"name\": \"s-2\", \"version\": \"0\", \"needs\": {\"abi\": \"1.0\"}}")
        return [
            Draft([DraftFile("libseed.so", .bytes(PluginTarget.library)), DraftFile("libseed.json", .json(manifest))]),
            Draft([DraftFile("libseed.so", .bytes(PluginTarget.library)), DraftFile("libseed.json", .json(short))]),
            Draft([
                DraftFile("libseed.so", .bytes(PluginTarget.library)),
                DraftFile("package.resources/libseed.json", .json(manifest))
            ])
        ]
    }

    func mutator(_ pools: ValuePools) -> Mutator {
        var mutator = Mutator(pools: pools)
        mutator.favored = ["libseed.json", "package.resources"]
        return mutator
    }

    func run(_ trial: FuzzTrial) throws {
        let plugin = try trial.read { try Plugin(path: trial.path("libseed.so")) }
        let manifest = plugin.manifest
        for text in [manifest.name, manifest.version, manifest.summary, manifest.remedy ?? ""] + manifest.libraries {
            try trial.require(
                text.unicodeScalars.allSatisfy { !$0.steersTerminal },
                "the manifest's \"\(text)\" has terminal control characters")
        }
    }

    /// A 64-bit ELF library with two segments for this machine, without code.
    private static let library: [UInt8] = {
        func little(_ number: UInt64, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
        func segment(_ kind: UInt64, _ offset: UInt64, _ size: UInt64) -> [UInt8] {
            little(kind, 4) + little(5, 4) + little(offset, 8) + little(offset, 8) + little(offset, 8) + little(size, 8)
                + little(size, 8) + little(4096, 8)
        }
        #if arch(arm64)
            let machine: UInt64 = 183
        #else
            let machine: UInt64 = 62
        #endif
        let header =
            [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9) + little(3, 2) + little(machine, 2)
            + little(1, 4) + little(0, 8) + little(64, 8) + little(0, 8) + little(0, 4) + little(64, 2) + little(56, 2)
            + little(2, 2) + little(64, 2) + little(0, 2) + little(0, 2)
        return header + segment(1, 0, 176) + segment(1, 176, 80) + [UInt8](repeating: 0x90, count: 100)
    }()
}
