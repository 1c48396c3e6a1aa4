package import AttendRuntime
import Foundation

/// A message of a worker that runs parity cases.
package enum WorkerMessage: Sendable {
    /// A backend is about to be created.
    case making(String)
    /// A backend is not available and was not requested by name, with the reason.
    case leftOut(String)
    /// The backends are loaded, and the worker waits for cases.
    case ready([DeviceDescription])
    /// The worker can't run cases: the error and the exit code.
    case refused(String, Int32)
    /// The oracle has finished; the backend of this index is about to run.
    case backend(Int)
    /// This kernel is about to run.
    case kernel(String)
    case finished(Int, CaseOutcome, seconds: Double, oracleSeconds: Double)
    /// The operations supported by the backend of this index, audited independently of cases.
    case claims(Int, [ClaimAudit.Pair])
    /// The case is finished.
    case done
}

extension WorkerMessage: WorkerLine {
    private struct Finished: Codable {
        var index: Int
        var outcome: CaseOutcome
        var seconds: Double
        var oracleSeconds: Double
    }

    private struct Claims: Codable {
        var index: Int
        var pairs: [ClaimAudit.Pair]
    }

    private struct Refused: Codable {
        var reason: String
        var code: Int32
    }

    private struct Device: Codable {
        var backend: String
        var name: String
        var threads: Int
        var instructionSet: String?
        var library: String?

        init(_ device: DeviceDescription) {
            (backend, name, threads) = (device.backend, device.name, device.threads)
            (instructionSet, library) = (device.instructionSet, device.library)
        }

        var device: DeviceDescription {
            DeviceDescription(
                backend: backend, name: name, threads: threads, instructionSet: instructionSet, library: library)
        }
    }

    private static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            preconditionFailure("numbers and texts can be written: \(error)")
        }
    }

    private static func value<Value: Decodable>(_ type: Value.Type, _ text: Substring) -> Value? {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try? decoder.decode(type, from: Data(text.utf8))
    }

    package var text: String {
        switch self {
        case .making(let name): "making \(name)"
        case .leftOut(let reason): "left-out \(reason)"
        case .ready(let devices): "ready \(WorkerMessage.text(devices.map(Device.init)))"
        case .refused(let reason, let code): "refused \(WorkerMessage.text(Refused(reason: reason, code: code)))"
        case .backend(let index): "backend \(index)"
        case .kernel(let name): "kernel \(name)"
        case .finished(let index, let outcome, let seconds, let oracleSeconds):
            "finished "
                + WorkerMessage.text(
                    Finished(index: index, outcome: outcome, seconds: seconds, oracleSeconds: oracleSeconds))
        case .claims(let index, let pairs): "claims \(WorkerMessage.text(Claims(index: index, pairs: pairs)))"
        case .done: "done "
        }
    }

    /// Output in an earlier case is irrelevant to the next one.
    package var beginsAnew: Bool { if case .backend = self { true } else { false } }

    package init?(parsing line: String) {
        let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let rest = parts[1]
        let message: WorkerMessage? =
            switch parts[0] {
            case "making": .making(String(rest))
            case "left-out": .leftOut(String(rest))
            case "ready": WorkerMessage.value([Device].self, rest).map { .ready($0.map(\.device)) }
            case "refused": WorkerMessage.value(Refused.self, rest).map { .refused($0.reason, $0.code) }
            case "backend": Int(rest).map { .backend($0) }
            case "kernel": .kernel(String(rest))
            case "finished":
                WorkerMessage.value(Finished.self, rest).map {
                    .finished($0.index, $0.outcome, seconds: $0.seconds, oracleSeconds: $0.oracleSeconds)
                }
            case "claims": WorkerMessage.value(Claims.self, rest).map { .claims($0.index, $0.pairs) }
            case "done": .done
            default: nil
            }
        guard let message else { return nil }
        self = message
    }
}

/// A task of a worker: a case to run on the backends from an index on, or an audit of claims.
struct WorkerTask {
    var first: Int
    var name: String

    /// A prefix that no case's name has.
    private static let claimsMark = "?claims "

    var line: Data { Data("\(first) \(name)\n".utf8) }

    /// The operations to audit; nil for a case.
    var claimedOperations: [String]? {
        guard name.hasPrefix(WorkerTask.claimsMark) else { return nil }
        return name.dropFirst(WorkerTask.claimsMark.count).split(separator: ",").map(String.init)
    }

    init(first: Int, name: String) { (self.first, self.name) = (first, name) }

    init(claimsOf operations: [String]) {
        self.init(first: 0, name: WorkerTask.claimsMark + operations.joined(separator: ","))
    }

    init?(parsing line: String) {
        let parts = line.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let first = Int(parts[0]) else { return nil }
        self.init(first: first, name: String(parts[1]))
    }
}
