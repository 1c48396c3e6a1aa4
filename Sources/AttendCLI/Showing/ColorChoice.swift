import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The use of color.
enum ColorChoice: String, CaseIterable {
    case auto, always, never

    /// Whether to use color: by default on a terminal, unless NO_COLOR is not empty or TERM does not support it.
    var isOn: Bool {
        switch self {
        case .always: true
        case .never: false
        case .auto:
            Terminal.isTerminal && Terminal.variable("NO_COLOR") == nil && Terminal.variable("TERM") != "dumb"
        }
    }
}

extension Terminal {
    /// Whether stdout is a terminal.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether stdin is a terminal.
    static var readsTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// An environment variable; nil if it is empty.
    static func variable(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The columns of the terminal at a descriptor; nil if it is not a terminal, or its size is unknown.
    static func columns(of descriptor: Int32) -> Int? {
        var size = winsize()
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// The width in columns: of the terminal, else COLUMNS, else 120; at most 1,000.
    static var width: Int {
        if isTerminal, let columns = columns(of: STDOUT_FILENO) { return columns }
        return min(variable("COLUMNS").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } ?? 120, 1000)
    }
}
