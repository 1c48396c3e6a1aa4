import ArgumentParser

@main
struct AttendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "attend", abstract: "Attention, anywhere.")
}
