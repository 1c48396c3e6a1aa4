internal import AttendBackend
internal import CAttendBackend

/// Conversion of the host's C requests and constants to Swift.
enum RequestReader {
    /// - Throws: `UnsupportedOperation` for types and attribute kinds of a newer host.
    static func request(_ request: attend_request) throws(UnsupportedOperation) -> KernelRequest {
        let name = String(cString: request.operation)
        guard let dot = name.lastIndex(of: "."), name[dot...].hasPrefix(".v"),
            let version = Int(name[dot...].dropFirst(2))
        else { throw UnsupportedOperation("expected an operation as NAME.vVERSION, found \"\(name)\"") }
        var operation = Operation(String(name[..<dot]), version: version)
        let inputs = try operands(request.inputs, request.input_count)
        let outputs = try operands(request.outputs, request.output_count)
        let given = self.schema(request, operation)
        let schema = KernelRequest(operation: operation, inputs: [], outputs: [], composite: given).schema ?? given
        for index in 0..<request.attribute_count {
            guard let attribute = request.attributes[index]?.pointee else { continue }
            let (name, value) = try self.attribute(attribute, schema)
            operation.attributes[name] = value
        }
        return KernelRequest(operation: operation, inputs: inputs, outputs: outputs, composite: given)
    }

    static func tensor(_ tensor: attend_tensor) -> Tensor? {
        guard let dtype = DType(code: tensor.dtype), let rank = rank(tensor.rank),
            var made = try? Tensor(zeros: numbers(tensor.shape, rank), dtype: dtype)
        else { return nil }
        guard let data = tensor.data else { return made.elementCount == 0 ? made : nil }
        made.withMutableBytes { bytes in
            bytes.withUnsafeMutableBytes { $0.copyMemory(from: .init(start: data, count: $0.count)) }
        }
        return made
    }

    private static func operands(
        _ pointers: UnsafePointer<UnsafePointer<attend_operand>?>, _ count: Int32
    ) throws(UnsupportedOperation) -> [Operand?] {
        var operands: [Operand?] = []
        for index in 0..<Int(count) {
            guard let operand = pointers[index]?.pointee else {
                operands.append(nil)
                continue
            }
            guard let dtype = DType(code: operand.dtype), let rank = rank(operand.rank) else {
                throw UnsupportedOperation(
                    "unknown operand dtype \(operand.dtype) or rank \(operand.rank)")
            }
            let layout = Layout(
                shape: numbers(operand.shape, rank), strides: numbers(operand.strides, rank),
                offset: Int(operand.offset))
            operands.append(Operand(dtype: dtype, layout: layout, isConstant: operand.is_constant != 0))
        }
        return operands
    }

    /// A schema with the names given by the host, for custom composites.
    private static func schema(_ request: attend_request, _ operation: Operation) -> OperationSchema {
        func names(_ pointers: UnsafePointer<UnsafePointer<CChar>?>, _ count: Int32) -> [String] {
            (0..<Int(count)).map { pointers[$0].map { String(cString: $0) } ?? "" }
        }
        return OperationSchema(
            operation.name, version: operation.version,
            inputs: names(request.input_names, request.input_count).map { .init($0, optional: true) },
            outputs: names(request.output_names, request.output_count))
    }

    private static func attribute(
        _ attribute: attend_attribute, _ schema: OperationSchema
    ) throws(UnsupportedOperation) -> (String, AttributeValue) {
        let name = String(cString: attribute.name)
        let value: AttributeValue? =
            switch Int(attribute.kind) {
            case ATTEND_ATTRIBUTE_BOOL: .bool(attribute.integer != 0)
            case ATTEND_ATTRIBUTE_INTEGER: .integer(Int(attribute.integer))
            case ATTEND_ATTRIBUTE_NUMBER: .number(attribute.number)
            case ATTEND_ATTRIBUTE_STRING: attribute.string.map { .string(String(cString: $0)) }
            case ATTEND_ATTRIBUTE_DTYPE: DType(code: attend_dtype(attribute.integer)).map { .dtype($0) }
            case ATTEND_ATTRIBUTE_INTEGERS: .integers(numbers(attribute.integers, attribute.count))
            default: nil
            }
        guard let value else { throw UnsupportedOperation("unknown kind of attribute \(name)") }
        // Integers and sizes have the same C representation.
        if case .integers(let numbers) = value, schema.attributes.first(where: { $0.name == name })?.kind == .sizes {
            return (name, .sizes(numbers.map { Size($0) }))
        }
        return (name, value)
    }

    private static func rank(_ rank: Int32) -> Int? {
        (0...Int32(TensorType.largestRank)).contains(rank) ? Int(rank) : nil
    }

    private static func numbers(_ start: UnsafePointer<Int64>?, _ count: Int) -> [Int] {
        guard let start else { return [] }
        return (0..<count).map { Int(start[$0]) }
    }
}

extension DType {
    /// The dtype with this number in attend_backend.h; nil if unknown.
    init?(code: attend_dtype) {
        guard let dtype = DType.allCases.first(where: { $0.code == code }) else { return nil }
        self = dtype
    }
}
