import AttendRuntime
import Foundation
import TestSupport
import Testing

/// Captures and explanations of a real model, from the command line.
@Suite(.miniLM) struct ModelExplainTests {
    private let model: String

    init() throws { model = try #require(miniLMFolder) }

    private func json(_ arguments: String...) throws -> JSONNode {
        let outcome = try AttendProgram.run(arguments + ["--json"])
        try #require(outcome.code == 0, "\(outcome.errors)")
        return try JSONNode(JSONValue(parsing: outcome.output))
    }

    @Test func `what explain shows of a model is what run captures`() throws {
        let folder = try AttendProgram.temporaryFolder()
        let (file, text) = ("\(folder)/inside.safetensors", "take a biopsy of the mole")
        let name = "layers.3.attention.heads.7"
        let outcome = try AttendProgram.run([
            "run", "--model", model, "--capture", "\(name).pattern", "--capture", "\(name).delta", "--capture",
            "layers.*.hidden", "--output", file, text
        ])
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.output.hasPrefix("\(name).pattern  float32[1, 9, 9]\n"), "\(outcome)")
        let inside = try SafetensorsFile(file)
        try #require(inside.entries.count == 8)
        #expect(inside.metadata["backend"] == "simd")

        let story = try json("explain", "--model", model, "--layer", "3", "--head", "7", text)
        let steps = try story.required("steps").elements()
        func values(_ step: String, _ figure: String) throws -> [[Float]] {
            let found = try steps.first { try $0.required("step").string() == step }
            let figures = try #require(found).required("figures").elements()
            let node = try #require(try figures.first { try $0.optional("name")?.string().hasPrefix(figure) ?? false })
            return try node.required("values").elements().map { try $0.elements().map { Float(try $0.number()) } }
        }
        // Beside the scores that explain captures too, attention runs in parts; alone, a pattern comes from the fused kernel.
        func expectRows(_ found: [[Float]], _ expected: [[Float]], _ label: String) {
            #expect(found.map(\.count) == expected.map(\.count), "\(label)")
            expectNear(found.flatMap(\.self), expected.flatMap(\.self), within: 2e-5, share: 2e-5, label)
        }
        try expectRows(values("pattern", "pattern"), inside.tensor(named: "\(name).pattern").rows(), "pattern")
        try expectRows(values("change", "ΔE of"), inside.tensor(named: "\(name).delta").rows(), "delta")
        let last = try inside.tensor(named: "layers.5.hidden").rows()[8]
        try expectRows(values("prediction", "the last vector"), [last], "the last vector")
        #expect(try values("prediction", "the text's vector")[0].count == 384)
        #expect(try story.required("tokens").elements().map { try $0.string() }.suffix(2) == ["mole", "[SEP]"])
        // Heads and their bias make the block's own change; both forms of the output matrix agree.
        let heads = try values("heads", "changes")
        try #require(heads.count == 12 + 1 + 2)
        #expect(heads[13].count == 384)
        expectNear(heads[13], heads[14], within: 1e-4)
    }

    @Test(.tags(.slow), .unlessFast) func `one row of the table drifts apart by what stands around it`() throws {
        let words = try json("explain", "--words", "--model", model).required("words").elements()
        #expect(try words.map { try $0.required("word").string() } == ["mole", "tower"])
        for word in words {
            #expect(try word.required("one_row").bool())
            let stages = try word.required("stages").elements()
            #expect(stages.count == 8)
            let cosines = try stages.map { stage in
                try stage.required("cosines").elements().map { try $0.elements().map { try $0.number() } }
            }
            for first in 0..<3 {
                for second in 0..<3 {
                    #expect(abs(cosines[0][first][second] - 1) < 1e-9)
                    #expect(first == second || cosines[7][first][second] < 0.99)
                }
            }
        }
        // A towers's sense changes less than a mole's.
        let last = try words.map {
            try $0.required("stages").elements()[7].required("cosines").elements()[0].elements()[1].number()
        }
        #expect(last[0] < 0.8)
        #expect(last[1] > 0.8)
    }

    @Test func `words of one's own, and what is missing`() throws {
        let own = try AttendProgram.run([
            "explain", "--words", "--model", model, "mole", "a mole digs", "a mole of gas"
        ])
        #expect(own.code == 0)
        #expect(own.output.contains("\"mole\" in 2 texts"))
        #expect(own.output.contains("the table"))
        let missing = try AttendProgram.run(["explain", "--words", "--model", model, "mole", "a mole", "a shrew"])
        #expect(missing.code == 64)
        #expect(missing.errors.contains("\"a shrew\" has no token \"mole\""))
        let unknown = try AttendProgram.run([
            "run", "--model", model, "--capture", "layers.3.atention.pattern", "--output", "/tmp/x.safetensors", "a"
        ])
        #expect(unknown.code == 64)
        #expect(unknown.errors.contains("did you mean \"layers.3.attention.pattern\"?"))
        let list = try AttendProgram.run(["run", "--model", model, "--list-captures"])
        #expect(list.output.contains("\nlayers.5.attention.heads.11.delta\n"))
        for arguments in [["--capture", "embeddings", "a"], ["--output", "x", "a"], []] {
            #expect(try AttendProgram.run(["run", "--model", model] + arguments).code == 64)
        }
    }

    @Test func `a text longer than the model reads is cut, and that is said`() throws {
        let long = String(repeating: "creature ", count: 600)
        let run = try AttendProgram.run(["run", "--model", model, "a creature", long])
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.errors.contains("text 2 has 602 tokens and the model reads 256"), "\(run.errors)")
        #expect(!run.errors.contains("text 1"))
        let story = try AttendProgram.run(["explain", "--model", model, "--step", "prediction", long])
        #expect(story.code == 0, "\(story.errors)")
        #expect(story.errors.contains("has 602 tokens and the model reads 512"), "\(story.errors)")
        #expect(story.output.contains("From the last vectors to one for the text"))
    }
}
