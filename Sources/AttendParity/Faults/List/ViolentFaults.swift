import AttendRuntime
import Foundation
import Synchronization

/// A fault that ends the process or hangs, in products whose result has an odd number of elements.
struct ViolentFault: ListedFault {
    enum Act: String, CaseIterable {
        case killed, segfault, trap, abort, exit, hang
    }

    let act: Act
    let extent = FaultExtent.run
    let operations = ["matmul"]

    var name: String { "matmul-\(act.rawValue)" }

    var summary: String {
        switch act {
        case .killed: "SIGKILL, as from a system out of memory"
        case .segfault: "SIGSEGV"
        case .trap: "a failed precondition"
        case .abort: "abort()"
        case .exit: "exit(0) in the middle of a run"
        case .hang: "never returns"
        }
    }

    func concerns(_ request: KernelRequest) -> Bool {
        request.operation.name == "matmul" && (request.outputs[0]?.elementCount ?? 0) % 2 == 1
    }

    func spoil(_ run: FaultyRun) throws(BackendError) {
        switch act {
        case .killed: kill(getpid(), SIGKILL)
        case .segfault: raise(SIGSEGV)
        case .trap: preconditionFailure("a planted fault")
        case .abort: Foundation.abort()
        case .exit: Foundation.exit(0)
        case .hang: while true { Thread.sleep(forTimeInterval: 1) }
        }
    }

    static let all: [any ListedFault] = Act.allCases.map { ViolentFault(act: $0) } + [LeakingFault()]
}

/// A fault that keeps memory of each run, which shows in a process of its own alone.
struct LeakingFault: ListedFault {
    let name = "gather-keeps-a-kilobyte"
    let summary = "a kilobyte of every run is never freed"
    let extent = FaultExtent.run
    let operations = ["gather"]
    let needsManyRuns = true

    func spoil(_ run: FaultyRun) throws(BackendError) {
        run.backend.noteAct()
        kept.withLock { $0.append([UInt8](repeating: 1, count: 1 << 10)) }
    }
}

private let kept = Mutex<[[UInt8]]>([])
