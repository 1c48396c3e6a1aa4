public import AttendRuntime
private import Foundation

/// Device profiles, measured once and cached on disk.
///
/// All candidates are measured together, since only then are their speeds comparable. A measurement is kept until a
/// later one covers all of its devices. If none covers all requested devices, or the file is damaged, they are measured
/// again. The file is `profiles/devices.json` in `ATTEND_CACHE`, else in the user's cache folder.
public struct ProfileStore: Sendable {
    /// Path of the cache file; nil disables caching.
    public let path: String?

    /// Creates a store; nil disables caching.
    public init(path: String? = ProfileStore.userFile) { self.path = path }

    /// The default path: `profiles/devices.json` in `ATTEND_CACHE`, else in the user's cache folder; nil if there is no
    /// such folder.
    public static var userFile: String? {
        let environment = ProcessInfo.processInfo.environment
        return CacheFolder.path { environment[$0] }.map { "\($0)/profiles/devices.json" }
    }

    /// The backends' profiles, in their order. Measures for about a second per backend unless cached.
    ///
    /// - Parameter report: Receives a line before measuring, and one for each problem that is not an error.
    /// - Throws: ``RunError`` of a backend that can't be measured. A failed write of the file is reported, not thrown.
    public func profiles(
        of backends: [any ComputeBackend], report: (String) -> Void = { _ in }
    ) throws(RunError) -> [DeviceProfile] {
        var profiles: [DeviceProfile] = []
        for outcome in outcomes(of: backends, report: report) { profiles.append(try outcome.get()) }
        return profiles
    }

    /// Like ``profiles(of:report:)``, with the error of each backend that can't be measured. With such an error nothing
    /// is cached.
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
            report("can't cache the measurement: \(error)")
        }
        return outcomes
    }

    /// Cached measurements, the latest first.
    private func stored(_ report: (String) -> Void) -> [[DeviceProfile]] {
        guard let path, FileManager.default.fileExists(atPath: path) else { return [] }
        do {
            return try ProfileStore.measurements(of: path)
        } catch {
            report("\(path) is damaged, measuring again: \(error)")
            return []
        }
    }

    /// The measurements in a file, the latest first.
    package static func measurements(of path: String) throws -> [[DeviceProfile]] {
        try measurements(JSONNode(JSONValue(parsing: InputFile.contents(of: path, limit: 1 << 24))))
    }

    // MARK: The file

    private static let version = 2
    /// Number of measurements kept; a driver update changes a device's identity.
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
        // Another file version: measured again silently.
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
                    path: "curves.\(work.rawValue)", expected: "increasing amounts", found: "\(points.map(\.amount))")
            }
            curves[work] = points
        }
        return DeviceProfile(device: try device.required("device").string(), curves: curves)
    }
}
