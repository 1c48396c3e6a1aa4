import Foundation
import Testing

/// Models by their bare names: a folder here, else one of the cache.
@Suite struct ModelPlaceTests {
    private static let hasModel = ProcessInfo.processInfo.environment["ATTEND_MINILM"] != nil

    @Test func `a name that is nowhere is told with both places and a way out`() throws {
        let folder = try AttendProgram.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let environment = ["ATTEND_CACHE": "\(folder)/cache", "HF_HUB_CACHE": "\(folder)/hub"]
        for arguments in [
            ["run", "--model", "all-MiniLM-L6-v2", "text"], ["explain", "--model", "all-MiniLM-L6-v2"],
            ["explain", "--words", "--model", "all-MiniLM-L6-v2"],
            ["parity", "--backend", "simd", "--model", "all-MiniLM-L6-v2", "text"]
        ] {
            let outcome = try AttendProgram.run(arguments, environment: environment)
            #expect(outcome.code == 5, "\(arguments): \(outcome.errors)")
            for word in ["./all-MiniLM-L6-v2", "\(folder)/cache/all-MiniLM-L6-v2", "make demo"] {
                #expect(outcome.errors.contains(word), "\(arguments): \(outcome.errors)")
            }
        }
        for (name, content) in [("cache/all-MiniLM-L6-v2", "{}"), ("cache/other", "{}"), ("cache/opencl", nil)] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            guard let content else { continue }
            try Data(content.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)/config.json"))
        }
        let near = try AttendProgram.run(["run", "--model", "all-minilm-l6-v2", "text"], environment: environment)
        #expect(near.code == 5, "\(near.errors)")
        #expect(near.errors.contains("did you mean \"all-MiniLM-L6-v2\"?"), "\(near.errors)")
        // Kernels and measurements in the cache are no models.
        let kernels = try AttendProgram.run(["run", "--model", "opencl", "text"], environment: environment)
        #expect(kernels.code == 5, "\(kernels.errors)")
        #expect(kernels.errors.contains("all-MiniLM-L6-v2, other"), "\(kernels.errors)")
        // Found, and what is wrong there is told with its own path.
        let found = try AttendProgram.run(["run", "--model", "other", "text"], environment: environment)
        #expect(found.code == 5, "\(found.errors)")
        #expect(found.errors.contains("\(folder)/cache/other/config.json"), "\(found.errors)")
        // A path is taken as it is.
        let path = try AttendProgram.run(["run", "--model", "./other", "text"], environment: environment)
        #expect(path.code == 5, "\(path.errors)")
        #expect(path.errors.contains("there is no folder ./other"), "\(path.errors)")
        // What can't be looked at is not called missing.
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/loop", withDestinationPath: "\(folder)/loop")
        for command in [["run", "text", "--model"], ["inspect"]] {
            let loop = try AttendProgram.run(command + ["\(folder)/loop/model"], environment: environment)
            #expect(loop.code == 5)
            #expect(loop.errors.contains("\(folder)/loop/model: can't read its attributes: "), "\(loop.errors)")
        }
        let inspected = try AttendProgram.run(["inspect", "all-minilm-l6-v2"], environment: environment)
        #expect(inspected.code == 5)
        #expect(inspected.errors.contains("did you mean \"all-MiniLM-L6-v2\"?"), "\(inspected.errors)")
        let file = try AttendProgram.run(["inspect", "nowhere.json"], environment: environment)
        #expect(file.code == 5)
        #expect(file.errors.contains("nowhere.json: can't open it: No such file"), "\(file.errors)")
    }

    @Test func `a name is looked up in the cache of the hub`() throws {
        let folder = try AttendProgram.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func write(_ text: String, _ path: String) throws {
            let place = URL(fileURLWithPath: "\(folder)/home/hub/\(path)")
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: place)
        }
        for (owner, name, commit) in [("one", "little", "abc"), ("one", "same", "abc"), ("two", "same", "def")] {
            try write("\(commit)\n", "models--\(owner)--\(name)/refs/main")
            try write("{}", "models--\(owner)--\(name)/snapshots/\(commit)/config.json")
        }
        try write("../../other", "models--one--bad/refs/main")
        let environment = ["ATTEND_CACHE": "\(folder)/cache", "HF_HOME": "\(folder)/home"]
        for (name, place) in [
            ("one/little", "one--little/snapshots/abc"), ("little", "one--little/snapshots/abc"),
            ("two/same", "two--same/snapshots/def")
        ] {
            let found = try AttendProgram.run(["run", "--model", name, "text"], environment: environment)
            #expect(found.code == 5)
            #expect(found.errors.contains("/home/hub/models--\(place)/config.json"), "\(found.errors)")
        }
        // Of two owners' models, a bare name means neither.
        for name in ["same", "one/bad", "three/little", "../little"] {
            let missing = try AttendProgram.run(["run", "--model", name, "text"], environment: environment)
            #expect(missing.code == 5)
            #expect(missing.errors.contains("model \"\(name)\": "), "\(missing.errors)")
        }
    }

    @Test(.enabled(if: hasModel, "ATTEND_MINILM names no folder"))
    func `a name of the cache is a model for every command`() throws {
        let clone = try DocumentedCommands.Clone()
        defer { clone.remove() }
        for command in [
            "run --model all-MiniLM-L6-v2 text", "run --model all-MiniLM-L6-v2 --list-captures",
            "count all-MiniLM-L6-v2", "inspect all-MiniLM-L6-v2",
            "explain --model all-MiniLM-L6-v2 --step pattern text"
        ] {
            let outcome = try clone.run("attend \(command)")
            #expect(outcome.code == 0, "\(command): \(outcome.errors)")
        }
        // A folder here comes before the cache's.
        let here = try clone.run("mkdir all-MiniLM-L6-v2 && attend run --model all-MiniLM-L6-v2 text")
        #expect(
            here.code == 5 && here.errors.contains("all-MiniLM-L6-v2/config.json") && !here.errors.contains("cache"))
    }
}
