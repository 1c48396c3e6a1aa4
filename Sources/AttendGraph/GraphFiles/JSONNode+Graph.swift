extension JSONNode {
    /// Rejects unknown keys.
    func allow(_ keys: Set<String>) throws {
        for (key, _) in try members() where !keys.contains(key) {
            throw GraphContentError(
                place: path.isEmpty ? "the file" : path,
                reason: "the key \"\(key)\" is not known\(Nearest.hint(for: key, among: keys.sorted()))")
        }
    }

    func dtype() throws -> DType {
        let name = try string()
        guard let dtype = DType(rawValue: name) else {
            let known = DType.allCases.map(\.rawValue).joined(separator: ", ")
            throw GraphContentError(place: path, reason: "unknown dtype \"\(name)\"; expected one of \(known)")
        }
        return dtype
    }

    func size() throws -> Size {
        if case .integer(let number) = value { return Size(number) }
        do {
            return try Size(parsing: string())
        } catch let error as SizeError {
            throw GraphContentError(place: path, reason: error.description)
        }
    }

    func sizes() throws -> [Size] { try elements().map { try $0.size() } }

    /// An attribute's value; its kind is checked against the schema later.
    func attribute() throws -> AttributeValue {
        switch value {
        case .bool(let flag): return .bool(flag)
        case .integer(let number): return .integer(number)
        case .number(let number): return .number(number)
        case .string(let text):
            if let dtype = DType(rawValue: text) { return .dtype(dtype) }
            if let number = JSONNode.special(text) { return .number(number) }
            return .string(text)
        case .array(let values):
            let numbers = values.compactMap { if case .integer(let number) = $0 { number } else { nil } }
            return numbers.count == values.count ? .integers(numbers) : .sizes(try sizes())
        case .null, .object:
            throw JSONError.type(path: path, expected: "an attribute's value", found: value.kind)
        }
    }

    /// `inf`, `-inf` and `nan`, for which JSON has no numbers.
    static func special(_ text: String) -> Double? {
        switch text {
        case "inf": .infinity
        case "-inf": -.infinity
        case "nan": .nan
        default: nil
        }
    }

    /// A flat, row-major list of elements.
    func tensor(_ dtype: DType, _ shape: [Int]) throws -> Tensor {
        let elements = try elements()
        func numbers() throws -> [Double] {
            try elements.map { element in
                if case .string(let text) = element.value, let special = JSONNode.special(text) { return special }
                let number = try element.number()
                guard number.magnitude < dtype.overflow else {
                    throw JSONError.type(
                        path: element.path, expected: "a number in the range of \(dtype), or \"inf\"",
                        found: "\(number)")
                }
                return number
            }
        }
        func integers<Number: FixedWidthInteger>() throws -> [Number] {
            try elements.map { element in
                let number = try element.integer()
                guard let exact = Number(exactly: number) else {
                    throw JSONError.type(
                        path: element.path, expected: "a number that fits \(dtype)", found: "\(number)")
                }
                return exact
            }
        }
        let storage: Tensor.Storage =
            switch dtype {
            case .float32: .float32(try numbers().map { Float($0) })
            case .float16: .float16(try numbers().map { NarrowFloat.float16(NarrowFloat.odd($0)) })
            case .bfloat16: .bfloat16(try numbers().map { NarrowFloat.bfloat16(NarrowFloat.odd($0)) })
            case .int32: .int32(try integers())
            case .int64: .int64(try integers())
            case .bool: .bool(try elements.map { try $0.bool() ? 1 : 0 })
            }
        return try Tensor(storage: storage, shape: shape)
    }
}
