import AttendParity
import AttendRegistry
import AttendRuntime

/// The cache of measured speeds: damaged files are measured again, with a message.
struct ProfileTarget: FuzzTarget {
    func seeds() throws -> [Draft] {
        let curve = "[[1000, 0.000001], [2000, 0.000002], [8000, 0.00001]]"
        let curves = DeviceProfile.Work.allCases.map { "\"\($0.rawValue)\": \(curve)" }.joined(separator: ", ")
        let devices = ["simd|x|1||", "reference|x|1||"].map { "{\"device\": \"\($0)\", \"curves\": {\(curves)}}" }
        let text = "{\"attend_profiles\": 2, \"measurements\": [[\(devices.joined(separator: ", "))], [\(devices[0])]]}"
        return [Draft([DraftFile("devices.json", .json(try DraftValue(parsing: text)))])]
    }

    func run(_ trial: FuzzTrial) throws {
        let path = trial.path("devices.json")
        let measurements: [[DeviceProfile]]
        do {
            measurements = try ProfileStore.measurements(of: path)
        } catch {
            // Formatted like the message of the profile store.
            throw FuzzError("\(path): is damaged and is measured anew: \(error)")
        }
        try trial.read {}
        for profile in measurements.joined() {
            for work in DeviceProfile.Work.allCases {
                for amount in [0, 1, 1e3, 1e18] {
                    let seconds = profile.seconds(amount, of: work)
                    try trial.require(
                        seconds >= 0 && !seconds.isNaN, "\(amount) of \(work.rawValue) takes \(seconds) s")
                }
            }
        }
    }
}
