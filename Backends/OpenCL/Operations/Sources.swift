import AttendBackend

/// iota and random: values without input elements.
enum Sources {
    static func iota(_ request: KernelRequest, _ engine: OpenCLEngine) throws(UnsupportedOperation) -> OpenCLKernel {
        guard let output = request.outputs[0] else { throw UnsupportedOperation("needs an output") }
        let axis = request.attributes.integer("axis").fromFront(of: output.shape.count)
        var program = engine.program([.functions, .sources])
        program.define("KIND", output.dtype.kind)
        program.define(
            "CONVERT",
            output.dtype.isInteger
                ? (output.dtype == .int64 ? "(long)" : "(int)")
                : output.dtype == .float32 ? "(float)" : "cast_to_odd")
        var kernel = OpenCLKernel("iota", request, engine, flops: 0)
        kernel.add(
            Launch(
                program, "count_up",
                [
                    .output(0, output.dtype), .value(output.elementCount), .value(output.shape[axis]),
                    .value(output.shape[(axis + 1)...].reduce(1, *))
                ], items: output.elementCount, group: engine.group()))
        return kernel
    }

    static func random(_ request: KernelRequest, _ engine: OpenCLEngine) throws(UnsupportedOperation) -> OpenCLKernel {
        guard let output = request.outputs[0], let counter = request.inputs[0] else {
            throw UnsupportedOperation("needs a counter")
        }
        let seed = UInt64(bitPattern: Int64(request.attributes.integer("seed")))
        var program = engine.program([.sources])
        program.define("INDEX_KIND", counter.dtype.kind)
        var kernel = OpenCLKernel("philox", request, engine)
        kernel.add(
            Launch(
                program, "random_uniform",
                [
                    .output(0, .float32), .input(0, counter.dtype), .value(output.elementCount),
                    .value(UInt32(truncatingIfNeeded: seed)), .value(UInt32(truncatingIfNeeded: seed >> 32))
                ], items: (output.elementCount + 3) / 4, group: engine.group()))
        return kernel
    }
}
