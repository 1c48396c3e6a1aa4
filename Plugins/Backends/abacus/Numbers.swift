import AttendBackend
import AttendPlugin

/// Values as numbers in double precision: slow, and exact for the types that these kernels take.
extension BufferSlice {
    func numbers(_ operand: Operand) throws(BackendError) -> [Double] {
        switch operand.dtype {
        case .float32: try elements(operand.elementCount, as: Float.self).map { Double($0) }
        case .int64: try elements(operand.elementCount, as: Int64.self).map { Double($0) }
        default: try elements(operand.elementCount, as: UInt8.self).map { Double($0) }
        }
    }

    func store(_ numbers: [Double], as operand: Operand) throws(BackendError) {
        switch operand.dtype {
        case .float32: _ = try elements(numbers.count).update(fromContentsOf: numbers.map { Float($0) })
        default: _ = try elements(numbers.count).update(fromContentsOf: numbers.map { $0 != 0 })
        }
    }
}

extension KernelRequest {
    /// The operands, where each input is there and has one of its types.
    func operands(_ inputTypes: Set<DType>..., result: Set<DType>) -> (inputs: [Operand], output: Operand)? {
        let given = inputs.compactMap(\.self)
        guard given.count == inputTypes.count, let output = outputs[0], result.contains(output.dtype),
            zip(given, inputTypes).allSatisfy({ $1.contains($0.dtype) })
        else { return nil }
        return (given, output)
    }

    /// A kernel that is a function of numbers.
    func kernel(_ body: @escaping @Sendable ([[Double]]) throws(BackendError) -> [Double]) -> any Kernel {
        let (given, output) = (inputs.compactMap(\.self), outputs.compactMap(\.self))
        return LoopKernel(operation.name, self) { slices, results throws(BackendError) in
            var numbers: [[Double]] = []
            for (slice, operand) in zip(slices.compactMap(\.self), given) { numbers.append(try slice.numbers(operand)) }
            try results[0]?.store(body(numbers), as: output[0])
        }
    }
}
