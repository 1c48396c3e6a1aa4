import ArgumentParser

/// A command whose help has examples to copy and a short form.
protocol HelpfulCommand: ParsableCommand {
    /// Commands that can be pasted after `make demo`, one a line; a line that ends in `\` goes on. Never wrapped.
    static var examples: [String] { get }

    /// Options that `-h` shows, by their long names without dashes; `--help` shows all.
    static var essentials: [String] { get }
}
