import AttendCore
private import Logging
import Synchronization

/// A device's programs: from memory, else from the disk, else from the compiler.
final class ProgramStore: Sendable {
    private let context: OpenCLContext
    private let cache: ProgramCache
    /// Added to every build.
    private let extraOptions: String
    private let programs = Mutex<[ProgramSpecification: OpenCLObject]>([:])
    private let counts = Mutex<(compiled: Int, loaded: Int)>((0, 0))
    private let isWarned = Mutex(false)

    init(_ context: OpenCLContext, _ cache: ProgramCache, extraOptions: String?) {
        self.context = context
        self.cache = cache
        var options = extraOptions.map { " " + $0 } ?? ""
        if context.device.roundsDivision { options += " -cl-fp32-correctly-rounded-divide-sqrt" }
        self.extraOptions = options
    }

    /// How many programs were compiled, and how many came from the disk.
    var built: (compiled: Int, loaded: Int) { counts.withLock(\.self) }

    func program(_ specification: ProgramSpecification) throws(BackendError) -> OpenCLObject {
        try programs.withLock { programs throws(BackendError) in
            if let known = programs[specification] { return known }
            let made = try make(specification)
            programs[specification] = made
            return made
        }
    }

    private func make(_ specification: ProgramSpecification) throws(BackendError) -> OpenCLObject {
        let options = specification.options + extraOptions
        let key = key(specification.source, options)
        if let binary = cache.binary(for: key), let program = load(binary, options) {
            counts.withLock { $0.loaded += 1 }
            return program
        }
        do throws(OpenCLError) {
            let program = try compile(specification, options)
            counts.withLock { $0.compiled += 1 }
            keep(program, key)
            return program
        } catch {
            throw error.backendError("compile the kernels of \(specification.label)")
        }
    }

    private func key(_ source: String, _ options: String) -> String {
        let device = context.device
        let parts = [
            device.platformName, device.platformVersion, device.name, device.deviceVersion, device.driverVersion,
            "\(context.computeUnits)", options, source
        ]
        return parts.joined(separator: "\n")
    }

    private func compile(_ specification: ProgramSpecification, _ options: String) throws(OpenCLError) -> OpenCLObject {
        let functions = context.library.functions
        var status: Int32 = 0
        let made = specification.source.withCString { text in
            var text: UnsafePointer<CChar>? = text
            return functions.createProgramWithSource(context.handle, 1, &text, nil, &status)
        }
        guard let made, status == 0 else { throw OpenCLError("clCreateProgramWithSource", status) }
        let program = OpenCLObject(made, .program, functions.releaseProgram, context.ledger)
        status = build(program, options)
        guard status == 0 else {
            throw OpenCLError("clBuildProgram", status, detail: log(of: program))
        }
        return program
    }

    /// A program from the disk; nil where the driver does not take it, which is no fault: it is compiled then.
    private func load(_ binary: [UInt8], _ options: String) -> OpenCLObject? {
        let functions = context.library.functions
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

    private func build(_ program: OpenCLObject, _ options: String) -> Int32 {
        var device: OpaquePointer? = context.deviceHandle
        return options.withCString { context.library.functions.buildProgram(program.handle, 1, &device, $0, nil, nil) }
    }

    /// The first lines of what the compiler said.
    private func log(of program: OpenCLObject) -> String {
        let functions = context.library.functions
        var count = 0
        guard functions.getProgramBuildInfo(program.handle, context.deviceHandle, CL.buildLog, 0, nil, &count) == 0
        else { return "no build log" }
        var bytes = [UInt8](repeating: 0, count: max(count, 1))
        _ = functions.getProgramBuildInfo(
            program.handle, context.deviceHandle, CL.buildLog, bytes.count, &bytes, nil)
        let lines = OpenCLInformation.string(bytes).split(separator: "\n").prefix(8)
        return lines.isEmpty ? "the build log is empty" : lines.joined(separator: "\n")
    }

    /// Writes the program to the disk; where that fails the next start compiles again, and is told so once.
    private func keep(_ program: OpenCLObject, _ key: String) {
        guard let binary = binary(of: program), !binary.isEmpty else { return }
        do {
            try cache.store(binary, for: key)
        } catch {
            let isFirst = isWarned.withLock { warned in
                defer { warned = true }
                return !warned
            }
            guard isFirst else { return }
            Logger(label: "attend.opencl").warning(
                "compiled kernels can't be kept, every start compiles them anew: \(error)")
        }
    }

    private func binary(of program: OpenCLObject) -> [UInt8]? {
        let functions = context.library.functions
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
}
