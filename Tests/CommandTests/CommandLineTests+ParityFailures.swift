import AttendRuntime
import Foundation
import PluginSupport
import TestSupport
import Testing

/// What `attend parity` finds out about failures.
extension CommandLineTests {
    private static func parity(_ arguments: [String]) throws -> AttendProgram.Outcome {
        try AttendProgram.run(["parity", "--backend", "simd"] + arguments)
    }

    @Test func `one failure of each cause is shown, or all of them`() throws {
        let arguments = ["--operation", "silu", "--quick", "--fault", "silu-hard", "--no-shrink"]
        let short = try Self.parity(arguments)
        #expect(short.code == 3, "\(short.errors)")
        let more = try #require(short.output.firstMatch(of: #/\n  (\d+) more alike \(--all\): silu, wrong/#))
        #expect(Int(more.output.1) ?? 0 > 1)
        #expect(short.output.split(separator: "\n").last?.hasPrefix("simd does not pass: ") ?? false)
        let all = try Self.parity(arguments + ["--all"])
        let count = all.output.matches(of: #/FAILED on simd: /#).count
        #expect(count > short.output.matches(of: #/FAILED on simd: /#).count)
        #expect(all.output.contains("simd does not pass: \(count) of "))
        #expect(!all.output.contains("more alike"))
    }

    @Test func `a shrunken failure shows its values`() throws {
        let outcome = try Self.parity(["--operation", "silu", "--quick", "--fault", "silu-hard"])
        let smaller = try #require(outcome.output.range(of: "\n  smaller: ")).upperBound
        let lines = outcome.output[smaller...].split(separator: "\n").dropFirst().prefix(3)
        for (line, head) in zip(lines, ["input ", "output ", "expected "]) {
            #expect(line.hasPrefix("    \(head)"), "\(outcome.output)")
        }
        #expect(lines.count == 3)
    }

    @Test(arguments: [
        ["--time", "60s", "--case", "add[lhs=4,rhs=4,seed=1]"], ["--time", "60s", "--self-test"], ["--time", "soon"],
        ["--time=-3s"], ["--time", "0s"], ["--time", "nan"], ["--all", "--json"], ["--all", "--self-test"],
        ["--time", "5m", "--graph", "g.json"], ["--all", "--graph", "g.json"]
    ])
    func `time and --all are refused where they mean nothing`(options: [String]) throws {
        let outcome = try Self.parity(options)
        #expect(outcome.code == 64, "\(outcome.errors)")
        #expect(outcome.errors.contains("--time") || outcome.errors.contains("--all"), "\(outcome.errors)")
    }

    @Test(arguments: ["0", "2"]) func `a run of limited time says how many cases ran`(jobs: String) throws {
        let outcome = try Self.parity(["--time", "0.5s", "--jobs", jobs])
        #expect(outcome.code == 0, "\(outcome.output)\(outcome.errors)")
        let line = try #require(
            outcome.output.firstMatch(of: #/\nran ([\d,]+) of ([\d,]+) cases in 0.5 s, the likeliest/#))
        #expect(line.output.1.count <= line.output.2.count)
        #expect(line.output.2.contains(","))
        // A log of a short run has no progress.
        #expect(outcome.errors.isEmpty, "\(outcome.errors)")
        #expect(outcome.output.contains("\nsimd passes: "))
    }
}

/// A plug-in that computes wrong sums once it has computed a sine.
@Suite(.compilesC) struct SequencePluginTests {
    private static func library(in folder: PluginFolder, _ fault: String) throws -> String {
        let source = try String(
            contentsOfFile: "\(CCompiler.root)/Plugins/Backends/minimal/minimal.c", encoding: .utf8)
        let end = "    return c.error;\n"
        try #require(source.components(separatedBy: end).count == 2)
        try folder.write(source.replacingOccurrences(of: end, with: fault + end), to: "sequence.c")
        return try folder.build(
            "\(folder.path)/sequence.c", library: "libsequence", name: "minimal")
    }

    private static let fault = """
            static int primed;
            if (k->op == OP_sin) primed = 1;
            if (k->op == OP_add && primed && k->n > 0) *(float *)c.out += 1;

        """

    private static let subject = "add[lhs=17,rhs=17,seed=2]"

    @Test func `a failure that depends on what ran before is said to, with a sequence that shows it again`() throws {
        let folder = try PluginFolder()
        let library = try Self.library(in: folder, Self.fault)
        let names = ["cos[shape=5,seed=1]", "sin[shape=5,seed=1]", "exp[shape=5,seed=1]", "cos[shape=6,seed=1]"]
        let options = ["--plugin", library, "--backend", "minimal", "--jobs", "1"]
        let outcome = try AttendProgram.run(
            ["parity"] + options + (names + [Self.subject]).flatMap { ["--case", $0] })
        #expect(outcome.code == 3, "\(outcome.output)\(outcome.errors)")
        #expect(
            outcome.output.contains(
                "alone: passes; the failure depends on what ran before: it fails after 1 other case\n"))
        let sequence = try #require(outcome.output.firstMatch(of: #/\n  sequence: attend (.+)\n/#)).output.1
        #expect(sequence.hasSuffix(" --jobs 1 --case '\(names[1])' --case '\(Self.subject)'"), "\(sequence)")
        // The command is right.
        let again = try AttendProgram.run(
            ["parity"] + options + ["--case", names[1], "--case", Self.subject, "--json"])
        #expect(again.code == 3)
        let alone = try JSONNode(JSONValue(parsing: again.output)).required("failures").elements()[0].required("alone")
        #expect(try alone.required("passes").bool())
        #expect(try alone.required("fails_after").elements().map { try $0.string() } == [names[1]])
        #expect(try AttendProgram.run(["parity"] + options + ["--case", Self.subject]).code == 0)
    }

    @Test func `a read past the end, which changes no result, ends the process at a protected page`() throws {
        let folder = try PluginFolder()
        let library = try Self.library(
            in: folder, "    if (k->op == OP_exp && k->n > 0) (void)((volatile float *)c.out)[k->n + 64];\n")
        let outcome = try AttendProgram.run([
            "parity", "--plugin", library, "--backend", "minimal", "--operation", "exp,cos", "--quick", "--all"
        ])
        #expect(outcome.code == 3, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("on two streams at once"), "\(outcome.output)")
        #expect(outcome.output.contains("FAILED on minimal: exp["), "\(outcome.output)")
        #expect(!outcome.output.contains("FAILED on minimal: cos["), "\(outcome.output)")
    }

    @Test func `a composite that ran in parts names the wrong one`() throws {
        let folder = try PluginFolder()
        let library = try Self.library(
            in: folder, "    if (k->op == OP_exp && k->n > 0) *(float *)c.out += 1;\n")
        let outcome = try AttendProgram.run([
            "parity", "--plugin", library, "--backend", "minimal", "--case", "softmax[shape=3x5,axis=-1,seed=2]"
        ])
        #expect(outcome.code == 3, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("; it ran in parts, of which node "), "\(outcome.output)")
        #expect(outcome.output.contains(" (exp.v1) is the first wrong one: "), "\(outcome.output)")
        #expect(!outcome.output.contains("alone: "))
    }
}
