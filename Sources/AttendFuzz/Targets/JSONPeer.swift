package import AttendRuntime
import Foundation

/// The comparison of our JSON parser with Foundation's.
package enum JSONPeer {
    /// The error in our parser's result for a text, `outcome`; nil if both parsers agree, or differ as intended.
    package static func complaint(_ outcome: Result<JSONValue, JSONError>, _ bytes: [UInt8]) -> String? {
        let peer = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
        switch outcome {
        case .failure(let error):
            return peer == nil || isOurs(error, bytes) ? nil : "Foundation reads text that is rejected: \(error)"
        case .success(let value):
            guard let peer else { return "Foundation rejects text that is read" }
            return isSame(value, peer) ? nil : "Foundation reads a different value"
        }
    }

    /// Whether it is an intended difference: we refuse and Foundation accepts duplicate keys, numbers beyond float64, a
    /// comma before a closing bracket, UTF-16 and UTF-32.
    private static func isOurs(_ error: JSONError, _ bytes: [UInt8]) -> Bool {
        if bytes.prefix(4).contains(0) || [[0xFF, 0xFE], [0xFE, 0xFF]].contains(Array(bytes.prefix(2))) { return true }
        switch error {
        case .duplicateKey: return true
        case .syntax(let line, let column, let reason):
            return reason.hasSuffix("is beyond the range of float64") || isLastComma(line, column, bytes)
        default: return false
        }
    }

    /// Whether the character at the position is a closing bracket after a comma.
    private static func isLastComma(_ line: Int, _ column: Int, _ bytes: [UInt8]) -> Bool {
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        guard lines.indices.contains(line - 1) else { return false }
        let place = lines[line - 1].startIndex + column - 1
        guard bytes.indices.contains(place), [UInt8(ascii: "]"), UInt8(ascii: "}")].contains(bytes[place]) else {
            return false
        }
        return bytes[..<place].last { ![0x20, 0x0A, 0x0D, 0x09].contains($0) } == UInt8(ascii: ",")
    }

    /// Compares values; numbers except for the last digits, in which Foundation's may be inexact, and Booleans as
    /// numbers, as in Foundation.
    private static func isSame(_ value: JSONValue, _ peer: Any) -> Bool {
        switch value {
        case .null: return peer is NSNull
        case .bool(let flag): return (peer as? NSNumber)?.doubleValue == (flag ? 1 : 0)
        case .integer(let number): return (peer as? NSNumber)?.int64Value == Int64(number)
        case .number(let number):
            guard let found = (peer as? NSNumber)?.doubleValue else { return false }
            return abs(found - number) <= 1e-15 * abs(number) + 1e-300
        case .string(let text): return (peer as? String).map { Array($0.utf8) == Array(text.utf8) } ?? false
        case .array(let values):
            guard let found = peer as? [Any], found.count == values.count else { return false }
            return zip(values, found).allSatisfy { isSame($0, $1) }
        case .object(let members):
            guard let found = peer as? [String: Any] else { return false }
            // Keys that differ only in bytes are equal in Foundation.
            guard Set(members.map(\.key)).count == members.count else { return found.count <= members.count }
            return found.count == members.count
                && members.allSatisfy { member in found[member.key].map { isSame(member.value, $0) } ?? false }
        }
    }
}
