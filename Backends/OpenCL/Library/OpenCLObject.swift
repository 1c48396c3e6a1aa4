import Synchronization

/// Counts of live OpenCL objects by kind, so that tests can check that all are released.
package final class ObjectLedger: Sendable {
    package enum Kind: Int, CaseIterable, Sendable {
        case device, context, queue, buffer, program, kernel, event
    }

    private let counts = Mutex<[Kind: Int]>([:])

    package init() {}

    package subscript(_ kind: Kind) -> Int { counts.withLock { $0[kind, default: 0] } }

    /// Number of all live objects.
    package var total: Int { counts.withLock { $0.values.reduce(0, +) } }

    func change(_ kind: Kind, by difference: Int) { counts.withLock { $0[kind, default: 0] += difference } }
}

/// An OpenCL object, released at deinitialization.
///
/// `@unchecked Sendable`: the handle is an address passed to OpenCL's thread-safe functions.
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
        // A failure could only mean that the device is gone, and nothing is left to do.
        _ = release(handle)
        ledger.change(kind, by: -1)
    }
}
