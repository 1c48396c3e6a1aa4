import Synchronization

/// How many OpenCL objects are alive, by kind: tests see with it that all are given back.
package final class ObjectLedger: Sendable {
    package enum Kind: Int, CaseIterable, Sendable {
        case device, context, queue, buffer, program, kernel, event
    }

    private let counts = Mutex<[Kind: Int]>([:])

    package init() {}

    package subscript(_ kind: Kind) -> Int { counts.withLock { $0[kind, default: 0] } }

    /// All that are alive.
    package var total: Int { counts.withLock { $0.values.reduce(0, +) } }

    func change(_ kind: Kind, by difference: Int) { counts.withLock { $0[kind, default: 0] += difference } }
}

/// An OpenCL object, released with this one.
///
/// `@unchecked Sendable`: the handle is an address that OpenCL's thread-safe functions take.
final class OpenCLObject: @unchecked Sendable {
    let handle: OpaquePointer
    private let kind: ObjectLedger.Kind
    private let release: OpenCLFunctions.Release
    private let ledger: ObjectLedger

    init(
        _ handle: OpaquePointer, _ kind: ObjectLedger.Kind, _ release: @escaping OpenCLFunctions.Release,
        _ ledger: ObjectLedger
    ) {
        self.handle = handle
        self.kind = kind
        self.release = release
        self.ledger = ledger
        ledger.change(kind, by: 1)
    }

    deinit {
        // A status here could only say that the device is gone; there is nothing left to do about it.
        _ = release(handle)
        ledger.change(kind, by: -1)
    }
}
