import AttendRuntime

extension RequestDraft {
    /// A small request of an operation, where walks begin; nil for an unknown operation.
    static func first(of operation: String) -> RequestDraft? {
        let primitive = Primitive(rawValue: operation)
        guard
            let schema = primitive?.schema
                ?? Composites.builtIn.values.map(\.schema).first(where: { $0.name == operation })
        else { return nil }
        func input(_ dtype: DType, _ shape: Int...) -> Input { Input(dtype: dtype, shape: shape) }
        func draft(_ inputs: [Input?], _ attributes: Attributes = [:]) -> RequestDraft {
            let missing = schema.isVariadic ? 0 : max(0, schema.inputs.count - inputs.count)
            var complete = attributes
            for attribute in schema.attributes where complete[attribute.name] == nil {
                complete[attribute.name] = attribute.defaultValue
            }
            return RequestDraft(
                schema: schema, inputs: inputs + Array(repeating: nil, count: missing), attributes: complete)
        }
        let plain = input(.float32, 3, 5)
        switch operation {
        case "and", "or": return draft([input(.bool, 3, 5), input(.bool, 3, 5)])
        case "not": return draft([input(.bool, 3, 5)])
        case "where": return draft([input(.bool, 3, 5), plain, plain])
        case "matmul": return draft([input(.float32, 2, 3, 5), input(.float32, 2, 5, 4)])
        case "linear", "fused_linear": return draft([input(.float32, 2, 5), input(.float32, 4, 5)])
        case "dequantize", "quantized_linear", "quantized_embedding":
            let matrix: [Input?] = [input(.int32, 4, 8), input(.float32, 4, 2), input(.float32, 4, 2)]
            let first: [Input?] =
                switch operation {
                case "quantized_linear": [input(.float32, 2, 64)]
                case "quantized_embedding": [input(.int64, 3)]
                default: []
                }
            return draft(first + matrix, ["bits": .integer(4), "group": .integer(32)])
        case "arg_max": return draft([plain], ["axis": .integer(1)])
        case "reshape": return draft([plain], ["shape": .sizes([5, 3])])
        case "broadcast": return draft([input(.float32, 1, 5)], ["shape": .sizes([3, 5])])
        case "transpose": return draft([plain], ["permutation": .integers([1, 0])])
        case "slice":
            return draft([plain], ["axes": .integers([1]), "starts": .sizes([1]), "ends": .sizes([4])])
        case "pad": return draft([plain], ["before": .sizes([1, 0]), "after": .sizes([0, 2])])
        case "concatenate": return draft([plain, plain], ["axis": .integer(0)])
        case "gather": return draft([plain, input(.int64, 4)])
        case "scatter_add": return draft([plain, input(.int64, 4), input(.float32, 4, 5)])
        case "embedding": return draft([input(.int64, 4), plain])
        case "update_slice": return draft([plain, input(.float32, 2, 5), input(.int64)], ["axis": .integer(0)])
        case "cast": return draft([plain], ["dtype": .dtype(.int32)])
        case "iota": return draft([], ["shape": .sizes([3, 5]), "axis": .integer(1)])
        case "random": return draft([input(.int64)], ["shape": .sizes([3, 5]), "seed": .integer(7)])
        case "convolution_1d": return draft([input(.float32, 1, 4, 9), input(.float32, 6, 4, 3)])
        case "rotary_embedding":
            return draft([input(.float32, 2, 3, 5, 8), input(.float32, 5, 4), input(.float32, 5, 4)])
        case "attention":
            return draft([input(.float32, 2, 4, 3, 8), input(.float32, 2, 2, 5, 8), input(.float32, 2, 2, 5, 7)])
        case "self_attention":
            return draft(
                [
                    input(.float32, 2, 5, 12), input(.float32, 16, 12), input(.float32, 8, 12), input(.float32, 8, 12),
                    input(.float32, 12, 16)
                ], ["heads": .integer(4), "key_value_heads": .integer(2)])
        case "cross_attention":
            return draft(
                [
                    input(.float32, 2, 5, 12), input(.float32, 2, 7, 10), input(.float32, 16, 12),
                    input(.float32, 8, 10), input(.float32, 8, 10), input(.float32, 12, 16)
                ], ["heads": .integer(4), "key_value_heads": .integer(2)])
        default: return draft(Array(repeating: plain, count: schema.inputs.filter { !$0.isOptional }.count))
        }
    }
}
