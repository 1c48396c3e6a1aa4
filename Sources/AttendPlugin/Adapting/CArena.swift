internal import AttendBackend
internal import CAttendBackend

/// Structures and strings for one call into a plug-in, freed with the arena: keep it until the call has returned.
final class CArena {
    private var blocks: [UnsafeMutableRawBufferPointer] = []

    deinit {
        for block in blocks {
            if LentMemory.overwrites { block.overwrite() }
            block.deallocate()
        }
    }

    /// - Parameter values: Values of a trivial type, as all C types are.
    func array<Element>(_ values: [Element]) -> UnsafePointer<Element> {
        let start = UnsafeMutablePointer<Element>.allocate(capacity: max(1, values.count))
        for (index, value) in values.enumerated() { (start + index).initialize(to: value) }
        blocks.append(
            UnsafeMutableRawBufferPointer(start: start, count: max(1, values.count) * MemoryLayout<Element>.stride))
        return UnsafePointer(start)
    }

    func one<Element>(_ value: Element) -> UnsafePointer<Element> { array([value]) }

    func string(_ text: String) -> UnsafePointer<CChar> { array(text.utf8.map { CChar(bitPattern: $0) } + [0]) }

    // MARK: Requests

    func request(_ request: KernelRequest) -> UnsafePointer<attend_request> {
        let names = request.names
        let attributes = request.attributes.values.sorted { $0.key < $1.key }.map { attribute($0.key, $0.value) }
        return one(
            attend_request(
                size: MemoryLayout<attend_request>.size, operation: string(request.operation.versionedName),
                input_count: Int32(request.inputs.count), output_count: Int32(request.outputs.count),
                input_names: array(names.inputs.map { Optional(string($0)) }),
                inputs: array(request.inputs.map { $0.map(operand) }),
                output_names: array(names.outputs.map { Optional(string($0)) }),
                outputs: array(request.outputs.map { $0.map(operand) }),
                attributes: array(attributes.map { Optional($0) }), attribute_count: attributes.count))
    }

    private func operand(_ operand: Operand) -> UnsafePointer<attend_operand> {
        one(
            attend_operand(
                size: MemoryLayout<attend_operand>.size, dtype: operand.dtype.code, rank: Int32(operand.shape.count),
                shape: array(operand.shape.map(Int64.init)), strides: array(operand.layout.strides.map(Int64.init)),
                offset: Int64(operand.layout.offset), is_dense: operand.layout.isDense ? 1 : 0,
                is_constant: operand.isConstant ? 1 : 0))
    }

    private func attribute(_ name: String, _ value: AttributeValue) -> UnsafePointer<attend_attribute> {
        var attribute = attend_attribute()
        attribute.size = MemoryLayout<attend_attribute>.size
        attribute.name = string(name)
        func set(_ kind: Int, _ integer: Int = 0) {
            attribute.kind = attend_attribute_kind(kind)
            attribute.integer = Int64(integer)
        }
        func set(_ integers: [Int]) {
            set(ATTEND_ATTRIBUTE_INTEGERS)
            attribute.integers = array(integers.map(Int64.init))
            attribute.count = integers.count
        }
        switch value {
        case .bool(let flag): set(ATTEND_ATTRIBUTE_BOOL, flag ? 1 : 0)
        case .integer(let number): set(ATTEND_ATTRIBUTE_INTEGER, number)
        case .number(let number):
            set(ATTEND_ATTRIBUTE_NUMBER)
            attribute.number = number
        case .string(let text):
            set(ATTEND_ATTRIBUTE_STRING)
            attribute.string = string(text)
        case .dtype(let dtype): set(ATTEND_ATTRIBUTE_DTYPE, Int(dtype.code))
        case .integers(let numbers): set(numbers)
        case .sizes(let sizes):
            set(
                sizes.map { size in
                    guard let number = size.constant else { preconditionFailure("a planned size is a number: \(size)") }
                    return number
                })
        }
        return one(attribute)
    }
}

extension KernelRequest {
    /// The names of all inputs and outputs; every element of a list input has the list's name.
    fileprivate var names: (inputs: [String], outputs: [String]) {
        let schema = schema
        let names = schema?.inputs.map(\.name) ?? []
        func name(_ index: Int) -> String {
            if let schema, schema.isVariadic { return schema.inputs[0].name }
            return names.indices.contains(index) ? names[index] : "input\(index)"
        }
        let results = schema?.outputs ?? []
        return (
            inputs.indices.map(name),
            outputs.indices.map { results.indices.contains($0) ? results[$0] : "output\($0)" }
        )
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Fills memory that a plug-in may no longer use with bytes that are no sensible address, size or number.
    func overwrite() { initializeMemory(as: UInt8.self, repeating: 0xA5) }
}
