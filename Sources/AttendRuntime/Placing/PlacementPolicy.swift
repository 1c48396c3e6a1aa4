import AttendBackend
import AttendGraph

/// Assignment of nodes to backends, for programs with fallbacks.
public enum PlacementPolicy: Sendable {
    /// Offers every node to the primary backend first; fallbacks get only what it rejects.
    case named
    /// Minimizes the predicted run time, copies between backends included, from one measured profile per backend, in
    /// the order of ``Program/backends``.
    case byCost([DeviceProfile])
}
