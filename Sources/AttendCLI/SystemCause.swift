import Foundation

/// The system error underlying an error of Foundation, whose own message is long.
struct SystemCause: CustomStringConvertible {
    private let error: NSError

    init(_ error: any Error) {
        self.error = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
    }

    /// Whether the reader of a pipe has closed it.
    var isBrokenPipe: Bool { error.domain == NSPOSIXErrorDomain && error.code == Int(EPIPE) }

    /// The system's message, such as "No such file or directory".
    var description: String {
        guard error.domain == NSPOSIXErrorDomain, let code = Int32(exactly: error.code),
            let words = unsafe strerror(code)
        else { return error.localizedDescription }
        return unsafe String(cString: words)
    }
}
