import AttendBackend
import AttendGraph

/// Who runs what, where there are several backends.
public enum PlacementPolicy: Sendable {
    /// The named backend has the first word at every level, the others get what it refuses.
    case named
    /// Whichever way takes the least time that is expected, copies between backends included; by what was measured of each
    /// backend, in their order.
    case byCost([DeviceProfile])
}
