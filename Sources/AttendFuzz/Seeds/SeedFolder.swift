import AttendParity
import AttendRuntime
import Foundation

/// A temporary folder for seeds made by our own writers.
enum SeedFolder {
    static func draft(_ body: (_ folder: String) throws -> Void) throws -> Draft {
        let folder = FileManager.default.temporaryDirectory.appending(path: "attend-seed-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
        return try Draft(folder: folder)
    }
}

extension [Float] {
    /// Little-endian float32.
    var littleEndian: [UInt8] {
        flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } }
    }

    /// The bytes in the safetensors type of this name.
    func bytes(_ dtype: String) -> [UInt8] {
        func halves(_ bits: [UInt16]) -> [UInt8] { bits.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] } }
        return switch dtype {
        case "F16": halves(map { NarrowFloat.float16($0) })
        case "BF16": halves(map { NarrowFloat.bfloat16($0) })
        case "F64":
            flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: Double(value).bitPattern >> (8 * $0)) } }
        default: littleEndian
        }
    }
}
