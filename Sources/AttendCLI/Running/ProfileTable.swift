import AttendRegistry
import AttendRuntime

/// A profile as text: one line per operation, slowest first.
struct ProfileTable {
    private let profile: RunProfile
    private let devices: [String: DeviceProfile]

    init(_ profile: RunProfile, backends: [any ComputeBackend]) {
        self.profile = profile
        // A device that can't be measured has no roofline; the run's own figures are shown without it.
        let measured = (try? ProfileStore().profiles(of: backends) { Terminal.log("profile: \($0)") }) ?? []
        devices = Dictionary(
            zip(backends.map(\.device.backend), measured).map { ($0, $1) }, uniquingKeysWith: { first, _ in first })
    }

    func lines() -> [String] {
        var table = TextTable(left: [0, 1])
        table.add("operation", "backend", "count", "time", "share", "GFLOP/s", "GB/s", "of the roofline")
        for row in profile.operations {
            table.add(
                row.operation, row.backend, Quantity.grouped(row.count), milliseconds(row.seconds),
                Quantity.percent(row.seconds, of: profile.seconds),
                row.flops > 0 ? Quantity.digits(row.flopsPerSecond / 1e9) : "–",
                row.bytes > 0 ? Quantity.digits(row.bytesPerSecond / 1e9) : "–", share(row))
        }
        table.add("all", "", Quantity.grouped(profile.events.count), milliseconds(profile.seconds), "100 %")
        return table.lines()
    }

    /// The time at the fastest measured rates, of arithmetic or memory whichever is longer, as a share of the measured
    /// time.
    private func share(_ row: RunProfile.OperationRow) -> String {
        guard let device = devices[row.backend], row.seconds > 0, device.peakFlops > 0, device.peakBytes > 0 else {
            return "–"
        }
        let least = max(row.flops / device.peakFlops, row.bytes / device.peakBytes)
        return Quantity.percent(least, of: row.seconds)
    }

    private func milliseconds(_ seconds: Double) -> String {
        seconds < 1e-4 ? "\(Quantity.digits(seconds * 1e6)) µs" : "\(Quantity.digits(seconds * 1000)) ms"
    }
}
