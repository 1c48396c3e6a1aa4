/// The progress of reading deferred constants to the devices.
public struct LoadingProgress: Sendable, Hashable {
    /// Bytes read so far, as counted in the graph's types.
    public var byteCount: Int
    /// Bytes of all deferred constants that a plan needs and the devices lack.
    public var totalByteCount: Int
}
