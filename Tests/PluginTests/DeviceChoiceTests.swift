import AttendPlugin
import AttendRegistry
import AttendRuntime
import PluginSupport
import TestSupport
import Testing

/// Which of a plug-in's devices is taken, and that none is that it says can't be used.
@Suite(.compilesC) struct DeviceChoiceTests {
    @Test func `devices are listed with their flaws, and chosen by index, type or name`() throws {
        let folder = try PluginFolder()
        let plugin = try Faulty.plugin(["DEVICES=3"], in: folder)
        let devices = try plugin.devices()
        #expect(devices.map(\.name) == ["Bead", "Rod", "device 2"])
        #expect(devices.map(\.flaw) == ["lost its beads", nil, "failed: it returned no reason"])
        for selector in ["1", "gpu", "ROD", "", nil] {
            #expect(try plugin.makeBackend(device: selector).device.name == "abacus 1")
        }
        for selector in ["3", "-1", "fpga"] {
            #expect(
                throws: PluginError.noDevice(
                    path: plugin.path, selector: selector, known: ["0 (Bead)", "1 (Rod)", "2 (device 2)"])
            ) { try plugin.makeBackend(device: selector) }
        }
        let registry = try BackendRegistry.withPlugins([plugin.path], environment: [:])
        _ = try registry.backend(named: "faulty:gpu")
        expectError(BackendUnavailable.self, saying: "faulty", "fpga") { try registry.backend(named: "faulty:fpga") }
    }

    @Test(arguments: [
        ("0", "0 (Bead), it lost its beads"), ("cpu", "0 (Bead), it lost its beads"),
        ("bead", "0 (Bead), it lost its beads"), ("2", "2 (device 2), it failed: it returned no reason")
    ])
    func `a device with a flaw is not used, though it was named`(selector: String, rejection: String) throws {
        let folder = try PluginFolder()
        let plugin = try Faulty.plugin(["DEVICES=3"], in: folder)
        let expected = PluginError.noUsableDevice(path: plugin.path, rejected: [rejection])
        #expect(throws: expected) { try plugin.makeBackend(device: selector) }
        #expect(expected.reason == "the device can't be used: \(rejection)")
    }

    @Test func `where all have a flaw, all are named with it`() throws {
        #expect(
            try Faulty.error(["DEVICES=2", #"FLAW="is on fire""#]).reason
                == "none of its devices can be used: 0 (Bead), it is on fire; 1 (Rod), it is on fire")
        // A flaw without words is one.
        #expect(
            try Faulty.error(["DEVICES=1", #"FLAW="""#]).reason
                == "the device can't be used: 0 (Bead), it has an unnamed flaw")
    }

    @Test(arguments: ["-1", "100000"]) func `an impossible number of devices is an error`(count: String) throws {
        #expect(
            try Faulty.error(["DEVICES=\(count)"]).reason
                == "its device_count(): expected 0 to 1024, found \(count)")
    }

    @Test func `no device, and a device where there is no choice`() throws {
        #expect(try Faulty.error(["DEVICES=0"]).reason == "could not create its backend: it found no device")
        let folder = try PluginFolder()
        let plugin = try Faulty.plugin(in: folder)
        #expect(throws: PluginError.noDevice(path: plugin.path, selector: "gpu", known: [])) {
            try plugin.makeBackend(device: "gpu")
        }
    }
}
