import ArgumentParser

/// A command whose help has examples to copy and a short form.
protocol HelpfulCommand: ParsableCommand {
    /// Commands that work after `make demo`, one per line; a line that ends in `\` continues. Never wrapped.
    static var examples: [String] { get }

    /// The options in `-h`, by their long names without dashes; `--help` has all.
    static var essentials: [String] { get }
}
