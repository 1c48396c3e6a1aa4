import AttendRuntime

/// A file of weights whose numbers follow from names, as in Tests/Goldens/models.py.
package struct TinyWeights: Sendable {
    package struct Entry: Sendable {
        package var name: String
        /// The name that the numbers come from.
        package var source: String
        package var shape: [Int]
        /// What stands in the numbers' place, from the front on.
        package var numbers: [Double] = []

        package init(name: String, source: String, shape: [Int]) {
            (self.name, self.source, self.shape) = (name, source, shape)
        }

        fileprivate var values: [Double] {
            let count = shape.reduce(1, *)
            return numbers + (numbers.count..<max(count, numbers.count)).map { TinyWeights.number(source, $0) }
        }
    }

    /// F32, F16, BF16 or F64.
    package var dtype: String
    package var entries: [Entry]

    package init(dtype: String, entries: [Entry]) { (self.dtype, self.entries) = (dtype, entries) }

    init(_ node: JSONNode) throws {
        dtype = try node.required("dtype").string()
        entries = try node.required("tensors").elements().map { node in
            let parts = try node.elements()
            return Entry(
                name: try parts[0].string(), source: try parts[1].string(),
                shape: try parts[2].elements().map { try $0.integer() })
        }
    }

    /// The same under other names.
    package func renamed(_ name: (String) -> String) -> TinyWeights {
        var other = self
        for index in entries.indices { other.entries[index].name = name(entries[index].name) }
        return other
    }

    /// A multiple of 1/256 in ±½, or of 1/64 around 1 for the scale of a norm: exact in every float type.
    private static func number(_ name: String, _ index: Int) -> Double {
        let seed = name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        var x = seed &+ UInt32(truncatingIfNeeded: index) &* 2_654_435_761
        for _ in 0..<2 { x = (x ^ (x >> 16)) &* 0x45D9F3B }
        x ^= x >> 16
        let byte = Int(x >> 24)
        return name.hasSuffix("orm.weight") ? 1 + Double(byte / 8 - 16) / 64 : Double(byte - 128) / 256
    }

    func write(to path: String) throws {
        var members: [JSONValue.Member] = []
        var data: [UInt8] = []
        for entry in entries {
            let start = data.count
            for value in entry.values { data += bytes(value) }
            members.append(
                .init(
                    entry.name,
                    .object([
                        .init("dtype", .string(dtype)), .init("shape", .array(entry.shape.map { .integer($0) })),
                        .init("data_offsets", .array([.integer(start), .integer(data.count)]))
                    ])))
        }
        let header = Array(try JSONValue.object(members).serialized().utf8)
        try OutputFile.write(TinyWeights.bytes(of: UInt64(header.count)) + header + data, to: path)
    }

    private func bytes(_ value: Double) -> [UInt8] {
        switch dtype {
        case "F64": TinyWeights.bytes(of: value.bitPattern)
        case "F16": TinyWeights.bytes(of: NarrowFloat.float16(Float(value)))
        case "BF16": TinyWeights.bytes(of: NarrowFloat.bfloat16(Float(value)))
        default: TinyWeights.bytes(of: Float(value).bitPattern)
        }
    }

    private static func bytes(of number: some FixedWidthInteger) -> [UInt8] {
        (0..<(number.bitWidth / 8)).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }
}
