import Logging

/// A log handler that writes messages of libraries to stderr, in the form of the program's own messages: swift-log's
/// default would mix them with the data.
struct StderrLog: LogHandler {
    var logLevel: Logger.Level = .notice
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    static func bootstrap() { LoggingSystem.bootstrap { _ in StderrLog() } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { Terminal.log("attend: \(event.level): \(event.message)") }
}
