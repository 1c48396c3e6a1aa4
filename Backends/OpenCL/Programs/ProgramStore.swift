import AttendBackend
private import Dispatch
private import Logging
import Synchronization

/// A device's programs: from memory, else from disk, else compiled.
///
/// A driver may compile a program further when a kernel is first launched, for the launch's size. Therefore the binary
/// is written to disk after the first launches, together with the names of the variants in it, and again after another
/// variant was launched. PoCL is an exception: for a binary it recompiles every kernel of the program for all group
/// sizes, which takes longer than all earlier compilation and adds entries to the list that launches search
/// (``PoCLTurn``). Its programs are kept as LLVM bitcode; the code for a launch's size is in PoCL's own cache.
///
/// Programs without kernels are released when more than ``limit`` others were used since.
final class ProgramStore: Sendable {
    let progress: CompilationProgress
    private let context: OpenCLContext
    private let compiler: ProgramCompiler
    private let cache: ProgramCache
    /// Options added to every build.
    private let extraOptions: String
    private let limit: Int
    private let known = Mutex(Known())
    /// Whether programs may have changed since they were last written.
    private let isStale = Atomic(false)
    private let counts = Mutex<(compiled: Int, loaded: Int)>((0, 0))
    private let isWarned = Mutex(false)
    private let isPruned = Atomic(false)

    private struct Known {
        /// Programs kept alive, with the time of their last use.
        var recent: [ProgramSpecification: (program: DeviceProgram, lastUse: Int)] = [:]
        /// All live programs, including those that only kernels retain.
        var living: [ProgramSpecification: Living] = [:]
        var clock = 0
    }

    private struct Living {
        weak var program: DeviceProgram?
    }

    init(_ context: OpenCLContext, _ cache: ProgramCache, extraOptions: String?, limit: Int) {
        self.context = context
        self.cache = cache
        self.limit = max(1, limit)
        compiler = ProgramCompiler(context: context)
        progress = CompilationProgress(device: context.device.name)
        var options = extraOptions.map { " " + $0 } ?? ""
        if context.device.roundsDivision { options += " -cl-fp32-correctly-rounded-divide-sqrt" }
        self.extraOptions = options
    }

    /// Number of programs compiled, and loaded from disk.
    var built: (compiled: Int, loaded: Int) { counts.withLock(\.self) }

    func program(_ specification: ProgramSpecification) throws(BackendError) -> (DeviceProgram, OpenCLObject) {
        let program = entry(specification)
        return (program, try program.object(madeBy: make))
    }

    /// Makes programs in parallel ahead of their requests. Failures are reported at the request.
    func prepare(_ specifications: [ProgramSpecification]) {
        let missing = Set(specifications).map { entry($0) }.filter { !$0.isMade }
        guard missing.count > 1 else { return }
        DispatchQueue.concurrentPerform(iterations: missing.count) { index in
            _ = try? missing[index].object(madeBy: make)
        }
    }

    private func entry(_ specification: ProgramSpecification) -> DeviceProgram {
        known.withLock { known in
            known.clock += 1
            let program = known.living[specification]?.program ?? DeviceProgram(specification)
            known.living[specification] = Living(program: program)
            known.recent[specification] = (program, known.clock)
            while known.recent.count > limit, let oldest = known.recent.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                known.recent[oldest.key] = nil
            }
            if known.living.count > 2 * known.recent.count { known.living = known.living.filter { $1.program != nil } }
            return program
        }
    }

    /// Records an enqueued launch. On PoCL, waits for the first launch of a fresh program, which compiles.
    func note(_ launch: Launch, of program: DeviceProgram, on stream: OpenCLStream) {
        let note = program.note(launch)
        if context.device.pocl != nil {
            guard note.isFirst, note.isFresh else { return }
            stream.settle()
            progress.step()
        } else if note.isUnkept, cache.folder != nil {
            isStale.store(true, ordering: .relaxed)
        }
    }

    /// Writes programs to disk that are missing there or have been compiled further; called after launches have
    /// finished.
    func keep() {
        progress.finish()
        guard isStale.exchange(false, ordering: .relaxed) else { return }
        let living = known.withLock { $0.living.values.compactMap(\.program) }
        for program in living {
            program.keep { object, variants in
                guard let binary = compiler.binary(of: object), !binary.isEmpty else { return }
                write(ProgramCache.Entry(binary: binary, variants: variants), key(of: program.specification))
            }
        }
    }

    private func make(_ specification: ProgramSpecification) throws(BackendError) -> DeviceProgram.Made {
        let options = specification.options + extraOptions
        if let entry = cache.entry(for: key(of: specification)), let program = compiler.load(entry.binary, options) {
            counts.withLock { $0.loaded += 1 }
            return DeviceProgram.Made(object: program, isFresh: false, kept: entry.variants)
        }
        let isPoCL = context.device.pocl != nil
        progress.expect(isPoCL ? 2 : 1)
        defer { progress.step() }
        do throws(OpenCLError) {
            let program: OpenCLObject
            if isPoCL, let bitcode = compiler.bitcode(of: specification.source, options),
                let loaded = compiler.load(bitcode, options)
            {
                program = loaded
                write(ProgramCache.Entry(binary: bitcode), key(of: specification))
            } else {
                program = try compiler.compile(specification.source, options)
            }
            counts.withLock { $0.compiled += 1 }
            return DeviceProgram.Made(object: program, isFresh: true)
        } catch {
            throw error.backendError("compile the kernels of \(specification.label)")
        }
    }

    private func key(of specification: ProgramSpecification) -> String {
        let device = context.device
        let parts = [
            device.platformName, device.platformVersion, device.name, device.deviceVersion, device.driverVersion,
            "\(context.computeUnits)", specification.options + extraOptions, specification.source
        ]
        return parts.joined(separator: "\n")
    }

    /// A failed write is logged once; the next start compiles again.
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
                "can't cache compiled kernels, every start compiles them again: \(error)")
        }
    }
}
