import AttendFuzz
import AttendRuntime
import Foundation
import Testing

/// Our reader of JSON is held against Foundation's, which takes more than JSON in known places and in no others.
@Suite struct JSONPeerTests {
    private static func complaint(_ bytes: [UInt8]) -> String? {
        JSONPeer.complaint(Result { () throws(JSONError) in try JSONValue(parsing: bytes) }, bytes)
    }

    private static func isRead(_ bytes: [UInt8]) -> Bool {
        (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
    }

    @Test(arguments: [
        "[1,]", "[1 , ]", "{\"a\":1,}", "[[1,],2]", "{\"a\":[1,]}", "[\"x\",\n]", "{\"a\":{},}",
        "{\"a\":1,\n\"b\":2 ,\t}",
        "{\"a\":1,\"a\":2}", "[\"x,]\",\r\n]"
    ]) func `what Foundation alone takes is known`(text: String) {
        let bytes = Array(text.utf8)
        #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
        #expect(Self.complaint(bytes) == nil)
    }

    @Test(arguments: [
        "[,]", "[,1]", "[1,,2]", "[1,,]", "{,}", "{,\"a\":1}", "{\"a\":1,,}", "[],", "1,", "[1 2]", "{\"a\":}",
        "{\"a\":,}",
        "01", "1.", ".5", "NaN", "1E400", "-1e400", "\"\\ud800\"", "\"\\udc00\\ud800\"", "'a'", "[1]//x", "[\u{B}1]"
    ]) func `what neither takes is no JSON`(text: String) {
        let bytes = Array(text.utf8)
        #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
        #expect(!Self.isRead(bytes))
        #expect(Self.complaint(bytes) == nil)
    }

    @Test func `UTF-16 and UTF-32 are Foundation's alone`() throws {
        for encoding in [String.Encoding.utf16, .utf16LittleEndian, .utf16BigEndian, .utf32LittleEndian] {
            let bytes = Array(try #require("[1]".data(using: encoding)))
            #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
            #expect(Self.complaint(bytes) == nil)
        }
    }

    @Test func `both nest as deep`() {
        for (depth, isJSON) in [(512, true), (513, false)] {
            let text = Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
            #expect(((try? JSONValue(parsing: text)) != nil) == isJSON)
            #expect(Self.complaint(text) == nil)
        }
    }

    /// The comparison is tested as well: a reader that refuses, takes or changes what it must not is found.
    @Test func `a reader of another mind is found`() throws {
        let refused = JSONError.syntax(line: 1, column: 2, reason: "expected a value, found \"1\"")
        let complaint = JSONPeer.complaint(.failure(refused), Array("[1]".utf8))
        #expect(complaint?.contains("reads text that is rejected") == true)
        // Behind a comma, but no bracket: not Foundation's own.
        #expect(JSONPeer.complaint(.failure(.syntax(line: 1, column: 4, reason: "x")), Array("[1,2]".utf8)) != nil)
        #expect(JSONPeer.complaint(.success(.array([])), Array("[,]".utf8)) == "Foundation rejects text that is read")
        let others: [(JSONValue, String)] = [
            (.integer(2), "1"), (.number(0.5000001), "0.5"), (.string("é"), "\"e\\u0301\""), (.null, "0"),
            (.bool(true), "false"), (.array([.integer(1)]), "[1, 2]"), (.object([.init("a", .null)]), "{\"b\": null}")
        ]
        for (value, text) in others {
            #expect(
                JSONPeer.complaint(.success(value), Array(text.utf8)) == "Foundation reads a different value", "\(text)"
            )
        }
    }
}
