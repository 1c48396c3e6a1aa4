import AttendPlugin
import AttendRegistry
import AttendRuntime
import PluginSupport
import TestSupport
import Testing

/// Plug-ins that load and then fail, lie or give nonsense, as far as that can be survived in one process.
@Suite(.compilesC) struct FaultyBackendTests {
    @Test func `a backend that can't be made says why`() throws {
        #expect(try Faulty.error(["CREATE_FAULT=failed"]).reason == "could not create its backend: it was told to fail")
        #expect(
            try Faulty.error(["CREATE_FAULT=no_message"]).reason
                == "could not create its backend: it returned no reason")
        #expect(try Faulty.error(["DESCRIBE_FAULT=failed"]).reason.contains("can't describe its device: it was told"))
    }

    @Test(arguments: [-4, 0, 65]) func `an element has from 1 to 64 bytes`(size: Int) throws {
        #expect(
            try Faulty.error(["ELEMENT_SIZE=\(size)"]).reason
                == "its element_size() of float32: expected 1 to 64 bytes, found \(size)")
    }

    @Test func `a negative number of threads counts as unknown`() throws {
        #expect(try Faulty.backend(["THREADS=-7"], threads: 2).device.threads == 2)
    }

    // MARK: Kernels

    @Test func `a refusal without a message, and neither a kernel nor a refusal`() throws {
        let cases = [
            ("PREPARE_FAULT=no_message", "it returned no reason"),
            ("PREPARE_FAULT=no_size", "its error structure has 3 bytes, expected 56 to 65536"),
            ("PREPARE_NOTHING", "its prepare returned neither a kernel nor a reason")
        ]
        for (flag, reason) in cases {
            let error = try Sample.error(on: Faulty.backend([flag]))
            #expect(
                error
                    == .plan(
                        .faulty(node: "multiply_1", operation: "multiply.v1", backend: "faulty", reason: reason)),
                "\(error)")
            // It is no refusal, and nobody takes its place.
            let program = try Program(
                Sample.graph(), on: Faulty.backend([flag]),
                fallingBackTo: [BackendRegistry.builtIn.backend(named: "reference")], optimizer: .none)
            #expect(throws: PlanError.self) { try program.plan(symbols: [:]) }
        }
    }

    @Test(arguments: [
        ("PREPARE_FAULT=unsupported", false), ("PREPARE_FAULT=no_message", true), ("PREPARE_FAULT=no_size", true),
        ("PREPARE_NOTHING", true)
    ])
    func `a refusal without a reason is the plug-in's fault`(flag: String, isFault: Bool) throws {
        let backend = try Faulty.backend([flag])
        let operand = Operand(dtype: .float32, layout: Layout(dense: [2]))
        let request = KernelRequest(operation: Operation("add"), inputs: [operand, operand], outputs: [operand])
        let refusal = try #require(throws: UnsupportedOperation.self) { try backend.prepare(request) }
        #expect(refusal.isFault == isFault, "\(refusal)")
    }

    @Test(arguments: [("-5", "NAN"), ("1e308", "1e308"), ("INFINITY", "1.1e18")])
    func `nonsense about a kernel is not believed`(flops: String, bytes: String) throws {
        let backend = try Faulty.backend(["WILD_INFO", "FLOPS=\(flops)", "BYTES=\(bytes)"])
        #expect(try Sample.run(on: backend) == [11, 42])
        let program = Program(try Sample.graph(), on: backend)
        for place in try program.plan(symbols: [:]).placements {
            #expect(place.cost == KernelCost(flops: 2, bytes: 24))
        }
    }

    @Test func `a run that fails names its node, whatever the error is like`() throws {
        let cases: [(String, BackendError)] = [
            ("failed", .failed(backend: "faulty", action: "run multiply", reason: "it was told to fail")),
            ("no_message", .failed(backend: "faulty", action: "run multiply", reason: "it returned no reason")),
            (
                "no_size",
                .failed(
                    backend: "faulty", action: "run multiply",
                    reason: "its error structure has 3 bytes, expected 56 to 65536")
            ),
            ("no_room", .outOfMemory(backend: "faulty", byteCount: 0)),
            ("lost", .deviceLost(backend: "faulty", reason: "somebody pulled the plug"))
        ]
        for (fault, expected) in cases {
            let error = try Sample.error(on: Faulty.backend(["RUN_FAULT=\(fault)"]))
            #expect(error == .backend(expected, node: "multiply_1"), "\(error)")
        }
    }

    // MARK: Memory and streams

    @Test func `memory of its own is used through its copies alone`() throws {
        #expect(try Sample.run(on: Faulty.backend(["BUFFERS"])) == [11, 42])
    }

    @Test func `buffers that are not there, and copies that fail, are errors`() throws {
        let cases: [(String, String)] = [
            ("BUFFER_NOTHING", "it returned neither a buffer nor an error"),
            ("BUFFER_FAULT=no_room", "out of memory: can't allocate 128 bytes"),
            ("COPY_FAULT=failed", "can't copy a value out: it was told to fail")
        ]
        for (flag, reason) in cases {
            let error = try Sample.error(on: Faulty.backend(["BUFFERS", flag]))
            #expect(error.description.contains(reason), "\(flag): \(error)")
        }
    }

    @Test func `an error that a stream tells late names its node`() throws {
        let error = try Sample.error(on: Faulty.backend(["LATE_FAULT"]))
        guard case .backend(.indexOutOfRange(_, "add", 7, 3, .some), node: "add_1") = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test func `buffers and streams of another backend are refused`() throws {
        let (mine, other) = (try Faulty.backend(), try Faulty.backend())
        let stream = try mine.makeStream()
        let foreign = try other.makeBuffer(byteCount: 8)
        expectError(BackendError.self, saying: "another") {
            try stream.copyOut(BufferSlice(foreign), dtype: .float32, shape: [2])
        }
        let small = try mine.makeBuffer(byteCount: 4)
        expectError(BackendError.self, saying: "4") {
            try stream.copyOut(BufferSlice(small), dtype: .float32, shape: [2])
        }
        #expect(throws: BackendError.outOfMemory(backend: "faulty", byteCount: -1)) {
            try mine.makeBuffer(byteCount: -1)
        }
    }
}
