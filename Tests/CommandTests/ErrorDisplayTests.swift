import Testing

/// Errors quote names and texts of files, which anybody may have written.
@Suite struct ErrorDisplayTests {
    @Test func `an error does not pass escape sequences on to the terminal`() throws {
        let run = try AttendProgram.run(["eval", "\u{1B}[31mnone.json", "--print", "y"])
        #expect(run.code == 5)
        #expect(!run.errors.contains("\u{1B}"), "\(run.errors)")
        #expect(run.errors.contains("[31mnone.json"), "\(run.errors)")
    }
}
