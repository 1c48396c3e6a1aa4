import AttendPlugin
import AttendRegistry
import AttendRuntime
import PluginSupport
import Testing

/// What plug-ins say, as people are shown it: on one line, cut where it has no end, and nothing in it that steers a
/// terminal.
@Suite(.compilesC) struct PluginWordsTests {
    /// Red, a bell, and text that runs the other way, in C and as it is shown.
    private static let odd = #""\033[31mred\007 \342\200\256end""#
    private static let shown = "\u{FFFD}[31mred\u{FFFD} \u{FFFD}end"

    private static func request() -> KernelRequest {
        let operand = Operand(dtype: .float32, layout: Layout(dense: [2]))
        return KernelRequest(operation: Operation("add"), inputs: [operand, operand], outputs: [operand])
    }

    @Test func `the message of an error is one line without control characters`() throws {
        let reason = "could not create its backend: two lines, a bell\u{FFFD} and a tab"
        #expect(try Faulty.error(["CREATE_FAULT=odd"]).reason == reason)
    }

    @Test func `a message without an end in sight is cut, and says so`() throws {
        let words = try Faulty.error(["CREATE_FAULT=endless"]).reason.split(separator: ": ").last
        #expect(words?.count == 4097)
        #expect(words?.hasSuffix("51…") == true)
    }

    @Test func `a message of blanks is none`() throws {
        let backend = try Faulty.backend(["PREPARE_FAULT=blank"])
        let refusal = try #require(throws: UnsupportedOperation.self) { try backend.prepare(Self.request()) }
        #expect(refusal == UnsupportedOperation("it returned no reason", isFault: true))
    }

    @Test func `names of devices and kernels are cleaned`() throws {
        let backend = try Faulty.backend(["DEVICE_NAME=\(Self.odd)", "KERNEL_NAME=\(Self.odd)"])
        #expect(backend.device.name == Self.shown)
        #expect(try backend.prepare(Self.request()).name == Self.shown)
    }

    @Test func `a layout is given back as it was named`() throws {
        let backend = try Faulty.backend([#"PACKING="\033 two\nlines""#])
        #expect(try backend.prepare(Self.request()).packing(ofInput: 0) == "\u{1B} two\nlines")
        #expect(try backend.prepare(Self.request()).packing(ofInput: 1) == nil)
    }

    @Test func `what a table says in the place of the manifest's words is cleaned in the error`() throws {
        #expect(
            try Faulty.error(["VERSION=\(Self.odd)"]).reason
                == "the version in its table: expected \"1.0.0\" as in the manifest, found \"\(Self.shown)\"")
    }

    @Test func `a size is shown as the number that it is`() throws {
        #expect(
            try Faulty.error(["SIZE=(size_t)-1"]).reason
                == "its table is 18446744073709551615 bytes long, expected 184 to 65536")
    }
}
