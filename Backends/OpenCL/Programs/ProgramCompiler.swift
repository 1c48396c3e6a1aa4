import AttendBackend

/// The driver's compiler: programs from source and binaries, and binaries of programs.
struct ProgramCompiler: Sendable {
    let context: OpenCLContext

    private var functions: OpenCLFunctions { context.library.functions }

    func compile(_ source: String, _ options: String) throws(OpenCLError) -> OpenCLObject {
        let program = try create(source, in: context.handle)
        let status = build(program, options)
        guard status == 0 else {
            throw OpenCLError("clBuildProgram", status, detail: "\(log(of: program))\n(options: \(options))")
        }
        return program
    }

    /// A program from a binary; nil if the driver rejects it, so that the source must be compiled.
    func load(_ binary: [UInt8], _ options: String) -> OpenCLObject? {
        var device: OpaquePointer? = context.deviceHandle
        var (length, status, own) = (binary.count, Int32(0), Int32(0))
        let made = binary.withUnsafeBufferPointer { bytes in
            var address = bytes.baseAddress
            return functions.createProgramWithBinary(context.handle, 1, &device, &length, &address, &own, &status)
        }
        guard let made else { return nil }
        let program = OpenCLObject(made, .program, functions.releaseProgram, context.ledger)
        guard status == 0, own == 0, build(program, options) == 0 else { return nil }
        return program
    }

    /// The driver's binary of a built program; nil on failure.
    func binary(of program: OpenCLObject) -> [UInt8]? {
        var size = 0
        guard functions.getProgramInfo(program.handle, CL.programBinarySizes, MemoryLayout<Int>.size, &size, nil) == 0,
            size > 0
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: size)
        let status = bytes.withUnsafeMutableBufferPointer { buffer in
            var address = buffer.baseAddress
            return functions.getProgramInfo(
                program.handle, CL.programBinaries, MemoryLayout<UnsafeMutablePointer<UInt8>?>.size, &address, nil)
        }
        return status == 0 ? bytes : nil
    }

    /// On PoCL: the source compiled to LLVM bitcode for ``load(_:_:)``; nil on failure.
    ///
    /// Uses a new context for each call, since PoCL compiles one program at a time per context.
    func bitcode(of source: String, _ options: String) -> [UInt8]? {
        guard let scratch = context.another(), let program = try? create(source, in: scratch.handle) else { return nil }
        var device: OpaquePointer? = context.deviceHandle
        let status = options.withCString {
            functions.compileProgram(program.handle, 1, &device, $0, 0, nil, nil, nil, nil)
        }
        guard status == 0, let binary = binary(of: program) else { return nil }
        return PoCL.bitcode(in: binary)
    }

    private func create(_ source: String, in context: OpaquePointer) throws(OpenCLError) -> OpenCLObject {
        var status: Int32 = 0
        let made = source.withCString { text in
            var text: UnsafePointer<CChar>? = text
            return functions.createProgramWithSource(context, 1, &text, nil, &status)
        }
        guard let made, status == 0 else { throw OpenCLError("clCreateProgramWithSource", status) }
        return OpenCLObject(made, .program, functions.releaseProgram, self.context.ledger)
    }

    private func build(_ program: OpenCLObject, _ options: String) -> Int32 {
        var device: OpaquePointer? = context.deviceHandle
        return options.withCString { functions.buildProgram(program.handle, 1, &device, $0, nil, nil) }
    }

    /// The first lines of the build log.
    private func log(of program: OpenCLObject) -> String {
        var count = 0
        guard functions.getProgramBuildInfo(program.handle, context.deviceHandle, CL.buildLog, 0, nil, &count) == 0
        else { return "no build log" }
        var bytes = [UInt8](repeating: 0, count: max(count, 1))
        _ = functions.getProgramBuildInfo(
            program.handle, context.deviceHandle, CL.buildLog, bytes.count, &bytes, nil)
        let lines = OpenCLInformation.string(bytes).split(separator: "\n").prefix(8)
        return lines.isEmpty ? "the build log is empty" : lines.joined(separator: "\n")
    }
}
