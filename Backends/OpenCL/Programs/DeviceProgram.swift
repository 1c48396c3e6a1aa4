import AttendCore
import Synchronization

/// A program on a device, made by whoever asks first; who asks meanwhile waits.
final class DeviceProgram: Sendable {
    let specification: ProgramSpecification
    private let made = Mutex<Made?>(nil)

    struct Made: Sendable {
        let object: OpenCLObject
        /// Whether it was compiled rather than loaded, and so its kernels may be compiled further when they are first launched.
        let isFresh: Bool
        /// The variants that the disk has; nil where it has nothing of the program.
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

    /// Notes a launch that was enqueued, and returns whether it is the first of its kind and whether the disk lacks its variant.
    func note(_ launch: Launch) -> (isFirst: Bool, isUnkept: Bool, isFresh: Bool) {
        // Drivers tell small grids from large ones at 2¹⁶ groups along an axis.
        let isLarge = zip(launch.global, launch.local).contains { $0 / $1 >= 1 << 16 }
        let variant = "\(launch.kernel) \(isLarge ? "large" : "small")"
        return made.withLock { made in
            let isFirst = made?.launched.insert(variant).inserted ?? false
            return (isFirst, made?.kept?.contains(variant) != true, made?.isFresh ?? false)
        }
    }

    /// Gives what the disk lacks of what was launched to `write`, once.
    func keep(_ write: (OpenCLObject, Set<String>) -> Void) {
        let unkept = made.withLock { made -> (OpenCLObject, Set<String>)? in
            guard let known = made, !known.launched.isSubset(of: known.kept ?? []) else { return nil }
            let variants = known.launched.union(known.kept ?? [])
            // Where writing fails, it is not tried again.
            made?.kept = variants
            return (known.object, variants)
        }
        if let unkept { write(unkept.0, unkept.1) }
    }
}
