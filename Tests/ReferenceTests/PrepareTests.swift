import AttendRuntime
import ReferenceBackend
import TestSupport
import Testing

@Suite struct PrepareTests {
    let backend = makeReference()

    private func refusal(_ request: KernelRequest) throws -> String {
        let error = #expect(throws: UnsupportedOperation.self) { try backend.prepare(request) }
        return try #require(error).reason
    }

    private func operand(_ dtype: DType, _ shape: [Int]) -> Operand {
        Operand(dtype: dtype, layout: Layout(dense: shape))
    }

    @Test func `composites are left to the host`() throws {
        let scores = operand(.float32, [2, 2])
        let reason = try refusal(
            KernelRequest(
                operation: Operation("softmax", attributes: ["axis": .integer(-1)]), inputs: [scores], outputs: [scores]
            ))
        #expect(reason == "reference supports only primitives; open softmax.v1 into its parts")
        let newer = try refusal(
            KernelRequest(operation: Operation("add", version: 2), inputs: [scores, scores], outputs: [scores]))
        #expect(newer.contains("add.v2"))
    }

    @Test func `strided inputs are left to the host`() throws {
        let strided = Operand(dtype: .float32, layout: Layout(dense: [2, 3]).transposed([1, 0]))
        let kernel = try makeReference().prepare(
            KernelRequest(operation: Operation(.exp), inputs: [strided], outputs: [operand(.float32, [3, 2])]))
        #expect(kernel.stridedInputs.isEmpty)
    }

    @Test func `requests that no graph could hold are refused`() throws {
        let (floats, bools) = (operand(.float32, [2]), operand(.bool, [2]))
        #expect(
            try refusal(KernelRequest(operation: Operation(.add), inputs: [bools, bools], outputs: [bools]))
                == "add works on numbers, not on bool")
        _ = try refusal(KernelRequest(operation: Operation(.add), inputs: [floats], outputs: [floats]))
        _ = try refusal(KernelRequest(operation: Operation(.add), inputs: [floats, nil], outputs: [floats]))
        _ = try refusal(KernelRequest(operation: Operation(.exp), inputs: [floats], outputs: [nil]))
        _ = try refusal(KernelRequest(operation: Operation(.exp), inputs: [floats], outputs: [bools]))
        _ = try refusal(KernelRequest(operation: Operation(.transpose), inputs: [floats], outputs: [floats]))
        _ = try refusal(
            KernelRequest(
                operation: Operation(
                    .slice,
                    attributes: [
                        "axes": .integers([0]), "starts": .sizes(["from"]), "ends": .sizes(["from + 2"])
                    ]), inputs: [floats], outputs: [floats]))
    }

    @Test func `a kernel says what it costs`() throws {
        let kernel = try backend.prepare(
            KernelRequest(
                operation: Operation(.matmul, attributes: ["transpose_lhs": .bool(true)]),
                inputs: [operand(.float32, [5, 2, 3]), operand(.float32, [2, 4])],
                outputs: [operand(.float32, [5, 3, 4])]))
        #expect(kernel.cost == KernelCost(flops: 2 * 5 * 3 * 4 * 2, bytes: 4 * (30 + 8 + 60)))
        #expect(kernel.name == "naive matmul")
    }

    @Test func `a run must match its request`() throws {
        let stream = try backend.makeStream()
        let operand = operand(.float32, [1])
        let instance = try backend.prepare(
            KernelRequest(operation: Operation(.exp), inputs: [operand], outputs: [operand])
        ).makeInstance(on: stream)
        let slice = BufferSlice(try backend.makeBuffer(byteCount: 4))
        expectError(BackendError.self, saying: "expected 1 inputs and 1 output", "found 0 and 1") {
            try instance.run(inputs: [], outputs: [slice])
        }
        expectError(BackendError.self, saying: "none nil") { try instance.run(inputs: [nil], outputs: [slice]) }
        expectError(BackendError.self, saying: "none nil") { try instance.run(inputs: [slice], outputs: [nil]) }
    }

    @Test func `devices bear the names of their backends`() {
        #expect(makeReference().device.backend == "reference")
        #expect(makeOracle().device.backend == "oracle")
    }
}
