import Foundation
import PluginSupport
import TestSupport
import Testing

/// `attend parity --plugin`: every honest example passes, and one that computes nothing does not.
@Suite(.compilesC) struct PluginParityTests {
    private static func run(_ plugin: ExamplePlugin, _ options: [String]) throws -> AttendProgram.Outcome {
        try AttendProgram.run(
            ["parity", "--plugin", plugin.library(), "--backend", plugin.backend, "--threads", "2"] + options)
    }

    @Test(.tags(.slow), .unlessFast, arguments: [ExamplePlugin.minimal, .minimalSwift, .fused, .abacus])
    func `an honest plug-in passes`(
        plugin: ExamplePlugin
    ) throws {
        let run = try Self.run(plugin, ["--quick"])
        #expect(run.code == 0, "\(run.output)\(run.errors)")
        #expect(run.output.contains("\(plugin.backend) passes: "))
    }

    @Test func `every case of attention on the one that computes nothing else`() throws {
        let run = try Self.run(.fused, ["--operation", "attention"])
        #expect(run.code == 0, "\(run.output)")
        #expect(run.output.contains("fused passes: "), "\(run.output)")
    }

    @Test func `one that claims success and computes nothing does not pass`() throws {
        let run = try Self.run(.null, ["--quick", "--operation", "add,softmax,attention"])
        #expect(run.code == 3, "\(run.output)")
        #expect(run.output.contains("FAILED on null: "), "\(run.output)")
    }
}
