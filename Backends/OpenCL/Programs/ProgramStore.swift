import AttendCore
private import Logging
import Synchronization

/// A device's programs: from memory, else from the disk, else from the compiler.
///
/// A driver may compile a program further when a kernel is first launched, for the launch's size (PoCL does). So what goes to the
/// disk is the binary as it is after the first launches, with the names of the variants that it holds, and it is written again
/// when another was launched.
final class ProgramStore: Sendable {
    private let context: OpenCLContext
    private let cache: ProgramCache
    /// Added to every build.
    private let extraOptions: String
    private let programs = Mutex<[ProgramSpecification: Known]>([:])
    /// Whether programs may have changed since they were last written.
    private let isStale = Atomic(false)
    private let counts = Mutex<(compiled: Int, loaded: Int)>((0, 0))
    private let isWarned = Mutex(false)
    private let isPruned = Atomic(false)

    private struct Known {
        let object: OpenCLObject
        let key: String
        /// What the disk has.
        var kept: Set<String>?
        var launched: Set<String> = []
    }

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
            if let known = programs[specification] { return known.object }
            let made = try make(specification)
            programs[specification] = made
            return made.object
        }
    }

    /// Notes a launch that was enqueued.
    func note(_ launch: Launch) {
        // Drivers tell small grids from large ones at 2¹⁶ groups along an axis.
        let isLarge = zip(launch.global, launch.local).contains { $0 / $1 >= 1 << 16 }
        let variant = "\(launch.kernel) \(isLarge ? "large" : "small")"
        programs.withLock { programs in
            programs[launch.program]?.launched.insert(variant)
            guard let known = programs[launch.program], !known.launched.isSubset(of: known.kept ?? []) else { return }
            isStale.store(true, ordering: .relaxed)
        }
    }

    /// Writes programs to the disk that it lacks or that have been compiled further; called when launches are done.
    func keep() {
        guard isStale.exchange(false, ordering: .relaxed) else { return }
        programs.withLock { programs in
            for (specification, known) in programs where !known.launched.isSubset(of: known.kept ?? []) {
                let variants = known.launched.union(known.kept ?? [])
                // Where writing fails, it is not tried again.
                programs[specification]?.kept = variants
                guard let binary = binary(of: known.object), !binary.isEmpty else { continue }
                write(ProgramCache.Entry(binary: binary, variants: variants), known.key)
            }
        }
    }

    private func make(_ specification: ProgramSpecification) throws(BackendError) -> Known {
        let options = specification.options + extraOptions
        let key = key(specification.source, options)
        if let entry = cache.entry(for: key), let program = load(entry.binary, options) {
            counts.withLock { $0.loaded += 1 }
            return Known(object: program, key: key, kept: entry.variants)
        }
        do throws(OpenCLError) {
            let program = try compile(specification, options)
            counts.withLock { $0.compiled += 1 }
            return Known(object: program, key: key)
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
            throw OpenCLError("clBuildProgram", status, detail: "\(log(of: program))\n(options: \(options))")
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

    /// Where writing fails the next start compiles again, and the user is told so once.
    private func write(_ entry: ProgramCache.Entry, _ key: String) {
        do {
            try cache.store(entry, for: key)
            if !isPruned.exchange(true, ordering: .relaxed) { cache.prune() }
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
        context.device.takesTurns ? PoCLTurn.shared.whileIdle { read(program) } : read(program)
    }

    private func read(_ program: OpenCLObject) -> [UInt8]? {
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
