import AttendRuntime
import Foundation
import OpenCLBackend
import TestSupport
import Testing

/// What PoCL before 7.0 counts wrongly ends the process; so each test is a process of its own, with PoCL's cache and
/// ours empty.
///
/// Without ``PoCLTurn`` eight queues end with `pocl_release_dlhandle_cache: Assertion 'found->ref_count > 0' failed`
/// always, two now and then; so does a program of which the driver's binary is read while a kernel of it runs. PoCL
/// bears a single queue.
@Suite(.backend("opencl"), .serialized, .tags(.slow), .unlessFast) struct PoCLTurnTests {
    @Test(arguments: [
        ("OpenCL 3.0 PoCL 3.1+debian  Linux, None+Asserts", 3, 1, true), ("OpenCL 1.2 pocl 1.8 Linux", 1, 8, true),
        ("OpenCL 2.0 pocl 0.14, LLVM 3.9", 0, 14, true), ("OpenCL 3.0 PoCL 6.0  Linux", 6, 0, true),
        ("OpenCL 3.0 PoCL 7.0  Linux", 7, 0, false), ("OpenCL 3.0 PoCL 10.2-pre main-0-g1  Linux", 10, 2, false),
        ("OpenCL 3.0", 0, 0, true), ("OpenCL 3.0 PoCL", 0, 0, true), ("", 0, 0, true)
    ])
    func `PoCL's version is read from its platform`(text: String, major: Int, minor: Int, miscounts: Bool) throws {
        let pocl = try #require(PoCL(platformName: "Portable Computing Language", platformVersion: text))
        #expect((pocl.major, pocl.minor, pocl.miscountsKernels) == (major, minor, miscounts))
        #expect(PoCL(platformName: "Intel(R) OpenCL", platformVersion: text) == nil)
    }

    @Test func `bitcode is found whole in PoCL's binaries, or not at all`() {
        let bitcode: [UInt8] = [0x42, 0x43, 0xC0, 0xDE, 7, 8, 9, 10]
        let binary: [UInt8] = [1, 2, 0x42, 0x43, 3, 8, 0, 0, 0] + bitcode + [11, 12]
        #expect(PoCL.bitcode(in: binary) == bitcode)
        #expect(PoCL.bitcode(in: Array(binary.dropLast(2))) == bitcode)
        for count in 0..<(binary.count - 2) { #expect(PoCL.bitcode(in: Array(binary.prefix(count))) == nil) }
        #expect(PoCL.bitcode(in: bitcode) == nil)
        #expect(PoCL.bitcode(in: [255, 255, 255, 255] + bitcode) == nil)
    }

    @Test func `one kernel at a thousand growing widths, on one queue`() async {
        await #expect(processExitsWith: .success) { try await Growth.run(queues: 1) }
    }

    @Test func `one kernel at a thousand growing widths, on two queues at once`() async {
        await #expect(processExitsWith: .success) { try await Growth.run(queues: 2) }
    }

    @Test func `one kernel at a thousand growing widths, on eight queues of two backends at once`() async {
        await #expect(processExitsWith: .success) { try await Growth.run(queues: 8, backends: 2) }
    }

    /// PoCL enters all kernels of a program whose binaries it is asked for, for all group sizes, which is what a cold
    /// start used to wait for as well.
    @Test(.enabled(if: Growth.isOnPoCL, "the device is not PoCL's")) func `PoCL compiles what is launched and no more`()
        async
    {
        await #expect(processExitsWith: .success) {
            let folder = try Growth.emptyCaches()
            let backend = try OpenCLBackend()
            _ = try SmallGraph().run(on: backend)
            let files = FileManager.default.enumerator(atPath: folder.path + "/pocl")?.allObjects ?? []
            let kernels = files.compactMap { $0 as? String }.filter { $0.hasSuffix(".so") }
            try #require(kernels.count == backend.programCounts.compiled)
            try #require(!kernels.contains { $0.contains("/0-0-0/") })
        }
    }

    @Test func `a process may end while kernels are at work`() async {
        await #expect(processExitsWith: .success) {
            let folder = try Growth.emptyCaches()
            let growth = try Growth(OpenCLBackend())
            for _ in 0..<200 { try growth.launch(width: 50_000) }
            withExtendedLifetime((folder, growth)) { exit(0) }
        }
    }

    @Test func `a program is kept while another queue runs its kernel`() async {
        await #expect(processExitsWith: .success) {
            let folder = try Growth.emptyCaches()
            let cache = ProgramCache(folder: folder.path + "/programs")
            let backend = try OpenCLBackend(.init(cache: cache))
            let (one, other) = (try Growth(backend), try Growth(backend))
            try one.launch(width: 50_000)
            for _ in 0..<200 { try other.launch(width: 50_000) }
            // Keeps the program, while the other queue has work.
            try one.finish()
            try #require(backend.programCounts.compiled == 1)
            try other.finish()
        }
    }
}

/// A queue, and a kernel that has as many items as its result has elements.
final class Growth {
    private let backend: OpenCLBackend
    private let stream: any ComputeStream
    private let output: any DeviceBuffer
    /// Kernel objects live until their launches are done.
    private var instances: [any KernelInstance] = []

    init(_ backend: OpenCLBackend) throws {
        self.backend = backend
        stream = try backend.makeStream()
        output = try backend.makeBuffer(byteCount: 50_000 * 4)
    }

    /// Enqueues, and does not wait.
    func launch(width: Int) throws {
        let request = KernelRequest(
            operation: Operation(.iota, attributes: ["axis": .integer(0)]), inputs: [],
            outputs: [Operand(dtype: .int32, layout: Layout(dense: [width]))])
        let instance = try backend.prepare(request).makeInstance(on: stream)
        try instance.run(inputs: [], outputs: [BufferSlice(output)])
        instances.append(instance)
    }

    func finish() throws {
        try stream.synchronize()
        instances = []
    }

    func result(width: Int) throws -> [Int64] {
        try stream.copyOut(BufferSlice(output), dtype: .int32, shape: [width]).integers()
    }

    static let isOnPoCL = (try? OpenCLDevice.choose(nil, among: OpenCLDevice.all(OpenCLLibrary())))?.pocl != nil

    /// Called before OpenCL is.
    static func emptyCaches() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        setenv("POCL_CACHE_DIR", folder.path + "/pocl", 1)
        setenv("ATTEND_CACHE", folder.path + "/attend", 1)
        try FileManager.default.createDirectory(atPath: folder.path + "/pocl", withIntermediateDirectories: true)
        return folder
    }

    static func run(queues: Int, backends: Int = 1) async throws {
        let folder = try emptyCaches()
        defer { withExtendedLifetime(folder) {} }
        let made = try (0..<backends).map { _ in try OpenCLBackend() }
        try await withThrowingTaskGroup(of: [Int64].self) { group in
            for queue in 0..<queues {
                let backend = made[queue % backends]
                group.addTask {
                    let growth = try Growth(backend)
                    for width in 1...1000 { try growth.launch(width: 8 * width + queue) }
                    try growth.finish()
                    return try growth.result(width: 8000)
                }
            }
            for try await result in group { try #require(result == Array(0..<8000 as Range<Int64>)) }
        }
    }
}
