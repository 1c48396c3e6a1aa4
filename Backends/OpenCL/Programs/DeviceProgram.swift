import AttendBackend
import Synchronization

/// A program on a device, made at the first request; concurrent requests wait.
final class DeviceProgram: Sendable {
    let specification: ProgramSpecification
    private let made = Mutex<Made?>(nil)

    struct Made: Sendable {
        let object: OpenCLObject
        /// Whether it was compiled rather than loaded, so that first launches may compile further.
        let isFresh: Bool
        /// The variants in the disk cache; nil if the program is not there.
        var kept: Set<String>?
        var launched: Set<String> = []
    }

    init(_ specification: ProgramSpecification) { self.specification = specification }

    func object(
        madeBy make: (ProgramSpecification) throws(BackendError) -> Made
    ) throws(BackendError) -> OpenCLObject {
        try made.withLock { made throws(BackendError) in
            if let made { return made.object }
            let new = try make(specification)
            made = new
            return new.object
        }
    }

    var isMade: Bool { made.withLock { $0 != nil } }

    /// Records an enqueued launch; returns whether it is the first of its variant, whether the disk cache lacks that
    /// variant, and whether the program was compiled rather than loaded.
    func note(_ launch: Launch) -> (isFirst: Bool, isUnkept: Bool, isFresh: Bool) {
        // Drivers compile separate code for grids of 2¹⁶ or more groups along an axis.
        let isLarge = zip(launch.global, launch.local).contains { $0 / $1 >= 1 << 16 }
        let variant = "\(launch.kernel) \(isLarge ? "large" : "small")"
        return made.withLock { made in
            let isFirst = made?.launched.insert(variant).inserted ?? false
            return (isFirst, made?.kept?.contains(variant) != true, made?.isFresh ?? false)
        }
    }

    /// Calls `write`, at most once, if variants missing from the disk cache were launched.
    func keep(_ write: (OpenCLObject, Set<String>) -> Void) {
        let unkept = made.withLock { made -> (OpenCLObject, Set<String>)? in
            guard let known = made, !known.launched.isSubset(of: known.kept ?? []) else { return nil }
            let variants = known.launched.union(known.kept ?? [])
            // A failed write is not retried.
            made?.kept = variants
            return (known.object, variants)
        }
        if let unkept { write(unkept.0, unkept.1) }
    }
}
