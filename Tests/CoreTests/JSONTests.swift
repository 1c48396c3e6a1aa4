import AttendRuntime
import TestSupport
import Testing

@Suite struct JSONTests {
    @Test func `values of every kind`() throws {
        let value = try JSONValue(
            parsing: #" {"a": [1, -2.5e3, true, false, null], "b": {"c": "\u00e9\ud83d\ude00\n"}} "#)
        #expect(value["a"] == .array([.integer(1), .number(-2500), .bool(true), .bool(false), .null]))
        #expect(value["b"]?["c"] == .string("é😀\n"))
        #expect(try JSONValue(parsing: "9223372036854775807") == .integer(.max))
        #expect(try JSONValue(parsing: "9223372036854775808") == .number(9_223_372_036_854_775_808))
    }

    private static let bad: [(String, String)] = [
        ("", "found the end"), ("[1,]", "column 4"), ("{\"a\" 1}", "expected \":\""), ("[1 2]", "expected \",\""),
        ("01", "leading zero"),
        ("1.", "expected a digit"), ("\"a", "unterminated string"), ("\"\\x\"", "invalid escape"),
        ("\"\\ud800\"", "surrogate"),
        ("nul", "expected a value"),
        ("1e999", "range"), ("[1]]", "expected the end"), ("\"\u{1}\"", "control character"),
        ("{\n\"a\":1,\n\"a\":2}", "line 3"), ("NaN", "expected a value")
    ]

    @Test(arguments: 0..<bad.count) func `a bad text is refused with its place`(index: Int) throws {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: Self.bad[index].0) }
        let text = "\(try #require(error))"
        #expect(text.contains(Self.bad[index].1), "\(Self.bad[index].0): \(text)")
    }

    @Test func `keys are compared by bytes, not by canonical equivalence`() throws {
        let value = try JSONValue(parsing: "{\"\u{E9}\": 1, \"e\u{301}\": 2}")
        #expect(value["\u{E9}"] == .integer(1))
        #expect(value["e\u{301}"] == .integer(2))
        expectError(JSONError.self, saying: "duplicate key") {
            try JSONValue(parsing: "{\"\u{E9}\": 1, \"\\u00e9\": 2}")
        }
    }

    @Test func `what is as deep as the limit is read, written and let go of on a small stack`() throws {
        let deep = String(repeating: #"[{"a": "#, count: 255) + "1" + String(repeating: "}]", count: 255)
        try onStack(of: 512 << 10) {
            let value = try JSONValue(parsing: deep)
            #expect(try JSONValue(parsing: value.serialized()) == value)
            #expect(try JSONValue(parsing: value.serialized(pretty: true)).hashValue == value.hashValue)
            let deeper = String(repeating: "[", count: 100_000)
            #expect(throws: JSONError.self) { try JSONValue(parsing: deeper) }
        }
    }

    @Test func `depth has a limit`() {
        let deep = String(repeating: "[", count: 100_000)
        expectError(JSONError.self, saying: "deep") { try JSONValue(parsing: deep) }
    }

    @Test func `invalid UTF-8 is refused`() {
        expectError(JSONError.self, saying: "UTF-8") { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
    }

    @Test func `what is written reads back the same`() throws {
        let value = JSONValue.object([
            .init("text", .string("a\"b\\\n\u{1}é")),
            .init("numbers", .array([.integer(-3), .number(0.1), .number(1e300)])),
            .init("empty", .object([])), .init("nested", .array([.object([.init("x", .null)]), .array([])]))
        ])
        for pretty in [false, true] { #expect(try JSONValue(parsing: value.serialized(pretty: pretty)) == value) }
        expectError(JSONError.self, saying: "nan") { try JSONValue.number(.nan).serialized() }
    }

    @Test func `complaints name the path`() throws {
        let root = JSONNode(try JSONValue(parsing: #"{"model": {"vocab": []}, "list": [1, "x"]}"#))
        let type = #expect(throws: JSONError.self) { try root.required("model").required("vocab").members() }
        #expect("\(try #require(type))" == "model.vocab: expected an object, found an array")
        let element = #expect(throws: JSONError.self) { try root.required("list").elements()[1].integer() }
        #expect("\(try #require(element))".contains("list[1]"))
        let missing = #expect(throws: JSONError.self) { try root.required("model").required("merges") }
        #expect("\(try #require(missing))" == "model.merges is missing")
    }
}
