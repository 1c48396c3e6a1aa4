import AttendRuntime
import OpenCLBackend
import TestSupport
import Testing

/// Programs and kernels of shapes that are gone are given back.
@Suite(.backend("opencl")) struct ProgramLimitTests {
    private static let operations: [Primitive] = [
        .negate, .abs, .exp, .sin, .cos, .sqrt, .floor, .sign, .tanh, .erf, .reciprocal, .log
    ]

    private func program(_ operation: Primitive, on backend: OpenCLBackend) throws -> Program {
        let builder = GraphBuilder("unary")
        try builder.output("y", builder.apply(operation, [builder.input("x", .float32, ["n"])]))
        return Program(try builder.build(), on: backend)
    }

    private func run(_ session: Session) throws -> [Float] {
        let x = try Tensor([0.25, 0.5, 1] as [Float], shape: [3])
        return try #require(session.run(["x": x])["y"]).floats()
    }

    @Test func `ever new programs leave no more than the limit, and no kernel or queue`() throws {
        let ledger = ObjectLedger()
        do {
            let backend = try OpenCLBackend(.init(ledger: ledger, programLimit: 3))
            for operation in Self.operations + Self.operations.reversed() {
                #expect(try run(program(operation, on: backend).makeSession()).count == 3)
                #expect(ledger[.program] <= 3, "\(operation)")
                #expect(ledger[.kernel] == 0)
                #expect(ledger[.queue] == 0)
                #expect(ledger[.context] == 1)
            }
            let counts = backend.programCounts
            #expect(counts.compiled + counts.loaded > Self.operations.count)
        }
        #expect(ledger.total == 0)
    }

    @Test func `a program in use stays, and is not made twice`() throws {
        let ledger = ObjectLedger()
        let backend = try OpenCLBackend(.init(ledger: ledger, programLimit: 2))
        let session = try program(.negate, on: backend).makeSession()
        #expect(try run(session) == [-0.25, -0.5, -1])
        for operation in Self.operations.dropFirst() { _ = try run(program(operation, on: backend).makeSession()) }
        #expect(ledger[.program] <= 3)
        let counts = backend.programCounts
        #expect(try run(program(.negate, on: backend).makeSession()) == [-0.25, -0.5, -1])
        #expect(backend.programCounts == counts)
        #expect(try run(session) == [-0.25, -0.5, -1])
    }

    @Test func `heads of ever new sizes leave no more than the limit`() throws {
        let ledger = ObjectLedger()
        let backend = try OpenCLBackend(.init(ledger: ledger, programLimit: 2))
        for head in 1...5 {
            let builder = GraphBuilder("head")
            let x = try builder.input("x", .float32, [1, 1, 3, Size(head)])
            try builder.output("y", x.attention(key: x, value: x).output)
            let ones = try Tensor(Array(repeating: Float(1), count: 3 * head), shape: [1, 1, 3, head])
            #expect(try builder.build().run(["x": ones], on: backend)["y"] == ones)
            #expect(ledger[.program] <= 2)
            #expect(ledger[.kernel] == 0)
        }
    }
}
