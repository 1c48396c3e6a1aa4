public import AttendCore
private import Foundation

/// Profiles of devices, measured once and kept on the disk.
///
/// All candidates are measured in one go, as their speeds are only worth comparing then; a file that lacks one of them, or is
/// damaged, is measured anew. It lies at `profiles/devices.json` in `ATTEND_CACHE`, else in the user's cache folder.
public struct ProfileStore: Sendable {
    /// The file; nil to keep nothing.
    public let path: String?

    public init(path: String? = ProfileStore.userFile) { self.path = path }

    public static var userFile: String? {
        let environment = ProcessInfo.processInfo.environment
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let file = "profiles/devices.json"
        if let given = value("ATTEND_CACHE") { return "\(given)/\(file)" }
        // A relative path counts as none (XDG Base Directory Specification).
        if let given = value("XDG_CACHE_HOME"), given.hasPrefix("/") { return "\(given)/attend/\(file)" }
        #if os(macOS)
            return value("HOME").map { "\($0)/Library/Caches/attend/\(file)" }
        #else
            return value("HOME").map { "\($0)/.cache/attend/\(file)" }
        #endif
    }

    /// The backends' profiles, in their order.
    ///
    /// - Parameter report: Is told what takes time and what went wrong on the way without being an error.
    /// - Throws: ``RunError`` of a backend that can't be measured. A file that can't be written is only reported.
    public func profiles(
        of backends: [any ComputeBackend], report: (String) -> Void = { _ in }
    ) throws -> [DeviceProfile] {
        let names = backends.map { DeviceProfile.name(of: $0.device) }
        let known = stored(report)
        let found = names.compactMap { name in known.first { $0.device == name } }
        if found.count == names.count { return found }
        report("measuring how fast \(backends.map(\.device.backend).joined(separator: ", ")) are, once …")
        let measured = try DeviceProfile.measure(backends)
        guard let path else { return measured }
        do {
            let folder = (path as NSString).deletingLastPathComponent
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let text = try ProfileStore.json(measured).serialized(pretty: true)
            try OutputFile.write(Array(text.utf8), to: path)
        } catch {
            report("the measurement is not kept: \(error)")
        }
        return measured
    }

    private func stored(_ report: (String) -> Void) -> [DeviceProfile] {
        guard let path, FileManager.default.fileExists(atPath: path) else { return [] }
        do {
            let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
            return try ProfileStore.profiles(JSONNode(JSONValue(parsing: String(decoding: bytes, as: UTF8.self))))
        } catch {
            report("\(path) is damaged and is measured anew: \(error)")
            return []
        }
    }

    // MARK: The file

    private static let version = 1

    static func json(_ profiles: [DeviceProfile]) -> JSONValue {
        let devices = profiles.map { profile in
            let curves = DeviceProfile.Work.allCases.map { work in
                JSONValue.Member(
                    work.rawValue,
                    .array((profile.curves[work] ?? []).map { .array([.number($0.amount), .number($0.seconds)]) }))
            }
            return JSONValue.object([
                .init("device", .string(profile.device)), .init("curves", .object(curves))
            ])
        }
        return .object([.init("attend_profiles", .integer(version)), .init("devices", .array(devices))])
    }

    static func profiles(_ root: JSONNode) throws -> [DeviceProfile] {
        // Of another version: measured anew without complaint.
        guard try root.required("attend_profiles").integer() == version else { return [] }
        return try root.required("devices").elements().map { device in
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
}
