import AttendPlugin
import AttendRegistry
import AttendRuntime
import Foundation
import PluginSupport
import Testing

/// Libraries that can't be loaded or started, and tables that are none. Each ends in an error that says which.
@Suite(.compilesC) struct LoadingTests {
    @Test func `an honest plug-in loads, describes itself and computes`() throws {
        let backend = try Faulty.backend(["THREADS=3"])
        #expect(backend.device == DeviceDescription(backend: "faulty", name: "abacus", threads: 3))
        #expect(try Sample.run(on: backend) == [11, 42])
    }

    @Test func `what does not load gives the linker's reason and the manifest's remedy`() throws {
        let folder = try PluginFolder()
        // A library that wants a function which nobody has.
        try folder.write("int nobody_has_this(void); int f(void) { return nobody_has_this(); }", to: "wants.c")
        try folder.writeManifest(
            library: "libwants", name: "wants", needs: #", "libraries": ["libnobody.so"], "remedy": "ask nobody""#)
        try CCompiler.build("\(folder.path)/wants.c", to: "\(folder.path)/libwants.so")
        do throws(PluginError) {
            _ = try Plugin(path: "\(folder.path)/libwants.so").makeBackend()
            Issue.record("it loaded")
        } catch {
            #expect(error.reason.hasPrefix("can't be loaded: "))
            #expect(error.reason.contains("nobody_has_this"))
            #expect(error.remedy == "ask nobody")
        }
    }

    @Test func `a library without the symbol is no plug-in`() throws {
        #expect(try Faulty.error(["OTHER_SYMBOL"]).reason.hasPrefix("exports no attend_plugin_start"))
    }

    @Test func `a newer major version is refused, whoever says it`() throws {
        let known = ABIVersion.host.description
        #expect(
            try Faulty.error(["ASKS_FOR=2"]).reason
                == "it requires version 2.0 of attend_backend.h, this program supports \(known)")
        #expect(
            try Faulty.error(["MAJOR=2"]).reason
                == "its table requires version 2.0 of attend_backend.h, this program supports \(known)")
    }

    @Test func `one that does not start says why, or that it does not say`() throws {
        #expect(try Faulty.error(["START_FAULT=failed"]).reason == "did not start: it was told to fail")
        #expect(try Faulty.error(["START_FAULT=no_message"]).reason == "did not start: it returned no reason")
        #expect(
            try Faulty.error(["START_FAULT=no_size"]).reason
                == "did not start: its error structure has 3 bytes, expected 56 to 65536")
        #expect(try Faulty.error(["START_NOTHING"]).reason == "did not start: it returned no reason")
    }

    @Test(arguments: ["0", "8", "183", "65537", "(size_t)-1"]) func `a table of a wrong size is not read`(
        size: String
    ) throws {
        guard case .tableSize(_, _, let expected) = try Faulty.error(["SIZE=\(size)"]) else {
            Issue.record("\(size) was taken")
            return
        }
        #expect(expected == 184)
    }

    @Test(arguments: ["name", "version", "create", "prepare", "run"]) func `what must be there is missed by its name`(
        entry: String
    ) throws {
        #expect(try Faulty.error(["WITHOUT=\(entry)"]).reason.hasPrefix("its table has NULL for \(entry):"))
    }

    @Test func `what comes together is missed by its name`() throws {
        #expect(
            try Faulty.error(["BUFFERS", "WITHOUT=copy_out"]).reason
                == "its table has NULL for copy_out: it is required with buffer_create")
        #expect(try Faulty.error(["BUFFERS", "WITHOUT=buffer_free"]).reason.contains("buffer_free"))
        #expect(try Faulty.error(["DEVICES=2", "WITHOUT=device_info"]).reason.contains("device_info"))
        #expect(try Faulty.error(["LATE_FAULT", "WITHOUT=synchronize"]).reason.contains("synchronize"))
        #expect(try Faulty.error(["LATE_FAULT", "WITHOUT=instance_free"]).reason.contains("instance_free"))
    }

    @Test func `a library must be what its manifest says`() throws {
        #expect(
            try Faulty.error([#"NAME="other""#]).reason
                == "the name in its table: expected \"faulty\" as in the manifest, found \"other\"")
        #expect(try Faulty.error([#"VERSION="2""#]).reason.contains("the version in its table: expected \"1.0.0\""))
    }

    @Test func `a failed library is not started once more`() throws {
        let folder = try PluginFolder()
        let plugin = try Faulty.plugin(["START_FAULT=failed"], in: folder)
        for _ in 0..<2 {
            #expect(throws: PluginError.notStarted(path: plugin.path, reason: "it was told to fail")) {
                try plugin.makeBackend()
            }
        }
    }

    // MARK: The registry

    @Test func `two plug-ins of one name are an error that names both`() throws {
        let folder = try PluginFolder()
        let first = try Faulty.plugin(in: folder, library: "libone")
        let second = try Faulty.plugin(in: folder, library: "libtwo")
        #expect(
            throws: PluginError.nameTaken(name: "faulty", path: second.path, by: "the plug-in \(first.path)")
        ) { try BackendRegistry.withPlugins([first.path, second.path], environment: [:]) }
        // The same library by another way is the same library.
        let again = try BackendRegistry.withPlugins(
            [first.path, "\(folder.path)/./libone.so"], environment: ["ATTEND_PLUGINS": first.path])
        #expect(again.entries.count == BackendRegistry.builtIn.entries.count + 1)
    }

    @Test(arguments: ["simd", "naive"]) func `a built-in name is taken`(name: String) throws {
        let folder = try PluginFolder()
        let path = try folder.build(Faulty.source, library: "lib", name: name)
        do throws(PluginError) {
            _ = try BackendRegistry.withPlugins([path], environment: [:])
            Issue.record("\(name) was given away")
        } catch {
            #expect(error.reason.hasPrefix("its name, \"\(name)\", is taken by the built-in backend"))
        }
    }

    @Test func `the word for the fastest backend is no name of a plug-in`() throws {
        let folder = try PluginFolder()
        let path = try folder.build(Faulty.source, library: "lib", name: "auto")
        #expect(
            throws: PluginError.reservedName(
                name: "auto", path: path, meaning: "the fastest backend")
        ) { try BackendRegistry.withPlugins([path], environment: [:]) }
    }

    @Test func `the environment lists absolute paths alone`() throws {
        let folder = try PluginFolder()
        let plugin = try Faulty.plugin(in: folder)
        let registry = try BackendRegistry.withPlugins(environment: ["ATTEND_PLUGINS": ":\(plugin.path):"])
        #expect(registry.entries.last?.plugin?.path == plugin.path)
        #expect(throws: PluginError.relativePath("./lib.so", source: "ATTEND_PLUGINS")) {
            try BackendRegistry.withPlugins(environment: ["ATTEND_PLUGINS": "./lib.so"])
        }
    }

    @Test func `a plug-in that can't be loaded is a backend that is not available`() throws {
        let folder = try PluginFolder()
        let plugin = try Faulty.plugin(["START_FAULT=failed"], in: folder)
        let registry = try BackendRegistry.withPlugins([plugin.path], environment: [:])
        do {
            _ = try registry.backend(named: "faulty")
            Issue.record("it was made")
        } catch let error as BackendUnavailable {
            #expect(error.name == "faulty")
            #expect(error.reason == "\(plugin.path): did not start: it was told to fail")
        }
    }
}
