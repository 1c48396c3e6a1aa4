import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// When to write in color.
enum ColorChoice: String, CaseIterable {
    case auto, always, never

    /// A terminal gets color by itself, unless NO_COLOR is set to something or TERM says that it can't.
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

    /// An environment variable; nil where it is empty.
    static func variable(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Columns of the terminal behind a descriptor; nil where there is none, or it does not say.
    static func columns(of descriptor: Int32) -> Int? {
        var size = winsize()
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Columns: those of the terminal, or of COLUMNS, or 120; no more than 1,000.
    static var width: Int {
        if isTerminal, let columns = columns(of: STDOUT_FILENO) { return columns }
        return min(variable("COLUMNS").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } ?? 120, 1000)
    }
}
