import AttendFuzz
import AttendRuntime
import Testing

/// The fuzzers are tested as well: what is planted is found, with the command that shows it again.
@Suite struct PlantedFaultTests {
    struct Planted: Sendable, CustomTestStringConvertible {
        var plant: FuzzPlant
        var verdict: FuzzVerdict
        /// What the message has to tell.
        var word: String
        /// Of a rare mutation more are needed.
        var cases = 150
        var testDescription: String { plant.rawValue }
    }

    private static let planted = [
        Planted(plant: .crash, verdict: .crash, word: "died of signal", cases: 800),
        Planted(plant: .exit, verdict: .crash, word: "exited with code 7", cases: 800),
        Planted(plant: .hang, verdict: .hang, word: "ran for"),
        Planted(plant: .allocation, verdict: .memory, word: "", cases: 300),
        Planted(plant: .wrong, verdict: .wrong, word: "a planted fault"),
        Planted(plant: .unhelpful, verdict: .unhelpful, word: "names no file"),
        Planted(plant: .refusal, verdict: .wrong, word: "valid files are rejected")
    ]

    @Test(arguments: planted) func `a planted fault is found and shown again`(planted: Planted) throws {
        let plant = ["--plant", planted.plant.rawValue, "--timeout", "0.5"]
        let outcome = try FuzzProgram.run(
            plant + ["--kind", "tokenizer", "--seed", "5", "--cases", "\(planted.cases)", "--jobs", "2", "--json"])
        #expect(outcome.code == 1)
        let findings = try outcome.json.required("findings").elements()
        let finding = try #require(
            try findings.first { try $0.required("verdict").string() == planted.verdict.rawValue }, "\(outcome.output)")
        #expect(try finding.required("message").string().contains(planted.word))
        #expect(try !finding.required("mutations").string().isEmpty)

        let command = try finding.required("replay").string().split(separator: " ").map(String.init)
        #expect(command.first == "attend-fuzz")
        let again = try FuzzProgram.run(Array(command.dropFirst()) + ["--json"])
        #expect(again.code == 1)
        #expect(try again.json.required("verdict").string() == planted.verdict.rawValue)
        // Nothing is wrong with the case itself.
        let name = try finding.required("case").string()
        #expect(try FuzzProgram.run(["--replay", name]).code == 0)
    }

    @Test func `what stands still is ended by the clock`() throws {
        let plant = ["--plant", "stall", "--timeout", "0.2"]
        let outcome = try FuzzProgram.run(
            plant + ["--kind", "json", "--seed", "5", "--cases", "1000", "--jobs", "2", "--json"])
        let findings = try outcome.json.required("findings").elements()
        let finding = try #require(findings.first, "\(outcome.output)")
        #expect(try finding.required("verdict").string() == "hang")
        #expect(try finding.required("message").string().contains("was killed after 0.8 s"))
    }

    @Test func `wrong options are usage errors`() throws {
        for arguments in [["--kind", "grahp"], ["--cases", "0"], ["--seed", "-1"], ["--timeout", "0"], ["--here"]] {
            #expect(try FuzzProgram.run(arguments).code == 64, "\(arguments)")
        }
        let unknown = try FuzzProgram.run(["--replay", "graph-x-1"])
        #expect(unknown.code == 1)
        #expect(unknown.errors.contains("is not a case name"))
    }
}
