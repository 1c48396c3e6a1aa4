public import AttendRuntime
private import Foundation

/// Profiles of devices, measured once and kept on the disk.
///
/// All candidates are measured in one go, as their speeds are only worth comparing then. A measurement is kept until a later one
/// holds all of its devices; where none holds all that is asked for, or the file is damaged, they are measured anew. The file is
/// `profiles/devices.json` in `ATTEND_CACHE`, else in the user's cache folder.
public struct ProfileStore: Sendable {
    /// The file; nil to keep nothing.
    public let path: String?

    public init(path: String? = ProfileStore.userFile) { self.path = path }

    public static var userFile: String? {
        let environment = ProcessInfo.processInfo.environment
        return CacheFolder.path { environment[$0] }.map { "\($0)/profiles/devices.json" }
    }

    /// The backends' profiles, in their order.
    ///
    /// - Parameter report: Is told what takes time and what went wrong on the way without being an error.
    /// - Throws: ``RunError`` of a backend that can't be measured. A file that can't be written is only reported.
    public func profiles(
        of backends: [any ComputeBackend], report: (String) -> Void = { _ in }
    ) throws(RunError) -> [DeviceProfile] {
        var profiles: [DeviceProfile] = []
        for outcome in outcomes(of: backends, report: report) { profiles.append(try outcome.get()) }
        return profiles
    }

    /// The same with the error of each backend that can't be measured. Nothing is kept then.
    func outcomes(
        of backends: [any ComputeBackend], report: (String) -> Void
    ) -> [Result<DeviceProfile, RunError>] {
        let names = backends.map { DeviceProfile.name(of: $0.device) }
        let known = stored(report)
        for measurement in known {
            let found = names.compactMap { name in measurement.first { $0.device == name } }
            if found.count == names.count { return found.map { .success($0) } }
        }
        report("measuring the speed of \(backends.map(\.device.backend).joined(separator: ", ")), once …")
        let outcomes = DeviceProfile.measure(backends)
        let measured = outcomes.compactMap { try? $0.get() }
        guard let path, measured.count == outcomes.count else { return outcomes }
        do {
            let folder = (path as NSString).deletingLastPathComponent
            try CacheFolder.make(folder)
            let others = known.filter { !Set($0.map(\.device)).isSubset(of: names) }
            let kept = [measured] + others.prefix(ProfileStore.measurementLimit - 1)
            let text = try ProfileStore.json(kept).serialized(pretty: true)
            try OutputFile.write(Array(text.utf8), to: path)
        } catch {
            report("the measurement is not kept: \(error)")
        }
        return outcomes
    }

    /// The measurements, the latest first.
    private func stored(_ report: (String) -> Void) -> [[DeviceProfile]] {
        guard let path, FileManager.default.fileExists(atPath: path) else { return [] }
        do {
            return try ProfileStore.measurements(of: path)
        } catch {
            report("\(path) is damaged and is measured anew: \(error)")
            return []
        }
    }

    /// The measurements that a file holds, the latest first.
    package static func measurements(of path: String) throws -> [[DeviceProfile]] {
        try measurements(JSONNode(JSONValue(parsing: InputFile.contents(of: path, limit: 1 << 24))))
    }

    // MARK: The file

    private static let version = 2
    /// Kept at most; a driver's update makes a device of another name.
    private static let measurementLimit = 8

    static func json(_ measurements: [[DeviceProfile]]) -> JSONValue {
        .object([
            .init("attend_profiles", .integer(version)),
            .init("measurements", .array(measurements.map { .array($0.map(json)) }))
        ])
    }

    private static func json(_ profile: DeviceProfile) -> JSONValue {
        let curves = DeviceProfile.Work.allCases.map { work in
            JSONValue.Member(
                work.rawValue,
                .array((profile.curves[work] ?? []).map { .array([.number($0.amount), .number($0.seconds)]) }))
        }
        return .object([.init("device", .string(profile.device)), .init("curves", .object(curves))])
    }

    static func measurements(_ root: JSONNode) throws -> [[DeviceProfile]] {
        // Of another version: measured anew without complaint.
        guard try root.required("attend_profiles").integer() == version else { return [] }
        return try root.required("measurements").elements().map { try $0.elements().map(profile) }
    }

    private static func profile(_ device: JSONNode) throws -> DeviceProfile {
        var curves: [DeviceProfile.Work: [DeviceProfile.Point]] = [:]
        for work in DeviceProfile.Work.allCases {
            let points = try device.required("curves").required(work.rawValue).elements().map { point in
                let pair = try point.elements().map { try $0.number() }
                guard pair.count == 2, pair.allSatisfy({ $0.isFinite && $0 > 0 }) else {
                    throw JSONError.type(
                        path: "curves.\(work.rawValue)", expected: "pairs of positive numbers", found: "\(pair)")
                }
                return DeviceProfile.Point(amount: pair[0], seconds: pair[1])
            }
            guard zip(points, points.dropFirst()).allSatisfy({ $0.amount < $1.amount }) else {
                throw JSONError.type(
                    path: "curves.\(work.rawValue)", expected: "growing amounts", found: "\(points.map(\.amount))")
            }
            curves[work] = points
        }
        return DeviceProfile(device: try device.required("device").string(), curves: curves)
    }
}
