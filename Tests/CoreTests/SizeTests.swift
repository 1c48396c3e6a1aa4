import AttendRuntime
import TestSupport
import Testing

@Suite struct SizeTests {
    @Test(arguments: [
        ("7", 7), ("a", 6), (" a + b ", 10), ("a - b", 2), ("b * a", 24), ("a / 2", 3), ("2 * (a + b) / 4", 5),
        ("a - b - 1", 1), ("a / 2 / 3", 1), ("a * b / a", 4), ("(a + 2) * (b - 1)", 24), ("((a))", 6),
        ("a * a - b * b", 20), ("12 / b", 3), ("0 * a", 0), ("a_1 + größe", 11)
    ])
    func `an expression is parsed and bound`(_ text: String, _ value: Int) throws {
        #expect(try Size(parsing: text).bound(to: ["a": 6, "b": 4, "a_1": 1, "größe": 10]) == value)
    }

    @Test(arguments: [
        "", " ", "+", "a +", "a b", "(a", "a)", "2a", "a % b", "a..b", "-", "a * / b", "99999999999999999999", "a-"
    ])
    func `text that is no size is refused and quoted`(_ text: String) throws {
        let error = try #require(throws: SizeError.self) { try Size(parsing: text) }
        #expect("\(error)".contains("\"\(text)\""))
    }

    @Test func `parentheses nest to a limit and may stand beside each other without one`() throws {
        let deep = String(repeating: "(", count: 5000) + "a" + String(repeating: ")", count: 5000)
        expectError(SizeError.self, saying: "nested too deeply") { try Size(parsing: deep) }
        let long = Array(repeating: "(a)", count: 300).joined(separator: " + ")
        #expect(try Size(parsing: long) == Size(parsing: "300 * a"))
    }

    @Test func `an expression that multiplies out to very much is refused at once`() throws {
        func product(_ factors: Int) -> String {
            (0..<factors).map { "(a\($0) + b\($0))" }.joined(separator: " * ")
        }
        #expect(try Size(parsing: product(8)).bound(to: symbols(8)) == 1 << 8)
        let many = [
            product(9), product(16), product(1000), Array(repeating: "a", count: 65).joined(separator: " * "),
            (0..<257).map { "a\($0)" }.joined(separator: " + "), "1" + String(repeating: " / a", count: 65),
            Array(repeating: "(a + b + c + d)", count: 40).joined(separator: " * "),
            (0..<300).map { "a\($0) / a\($0)" }.joined(separator: " * ")
        ]
        for text in many {
            let error = try #require(throws: SizeError.self) { try Size(parsing: text) }
            #expect("\(error)".contains("at most 256 terms of 64 factors"), "\(error)")
        }
    }

    private func symbols(_ count: Int) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: (0..<count).flatMap { [("a\($0)", 1), ("b\($0)", 1)] })
    }

    @Test(arguments: [
        "n / n", "10 / n", "1 / n * n", "a * n / n", "(n + b) / (n + b)", "n / n - 1 + a", "a / (n * n) * n * n"
    ])
    func `what is divided by 0 is no size, whether or not it cancels`(_ text: String) throws {
        let size = try Size(parsing: text)
        for n in [1, 2, 5] { _ = try size.bound(to: ["n": n, "a": 0, "b": 0]) }
        let error = try #require(throws: SizeError.self) { try size.bound(to: ["n": 0, "a": 3, "b": 0]) }
        #expect("\(error)".contains("divides by zero"), "\(error)")
    }

    @Test func `a signed expression may have any number of signs beside each other`() throws {
        let text = "a" + String(repeating: " + -a", count: 300)
        #expect(try Size(parsing: text).bound(to: ["a": 2]) == -598)
    }

    @Test(arguments: [
        ("heads * width / heads", "width"), ("a + b", "b + a"), ("a * (b + 1)", "a * b + a"), ("a - a", "0"),
        ("a / 2 + a / 2", "a"), ("2 * a / 4", "a / 2"), ("(a + b) / (b + a)", "1"), ("a * b / (b * a)", "1"),
        ("(a + 1) * (a - 1)", "a * a - 1"), ("6 / 3", "2"), ("a + 0", "a"), ("1 / a * a", "1")
    ])
    func `expressions that mean one size are equal`(_ left: String, _ right: String) throws {
        let (left, right) = (try Size(parsing: left), try Size(parsing: right))
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
        #expect("\(left)" == "\(right)")
    }

    @Test func `different symbols are different sizes`() throws {
        #expect(try Size(parsing: "a") != Size(parsing: "b"))
        #expect(try Size(parsing: "a * b") != Size(parsing: "a + b"))
        #expect(try Size(parsing: "a") != Size(parsing: "1"))
        #expect(Size("a * b - c").symbols == ["a", "b", "c"])
        #expect(Size("a - a").symbols.isEmpty)
        #expect(Size("a - a + 3").constant == 3)
        #expect(Size("a + 3").constant == nil)
    }

    @Test(arguments: [
        "0", "12", "0 - 3", "a", "2 * a", "a / 2", "3 * a / 2", "0 - a", "5 - a", "a * a * b / c / c", "1 / a",
        "4 / a", "0 - 2 / a / b", "a + b + 1", "(a + 1) / 2", "(a - 3) / 2 + 1", "(a * b - 5) / 6", "a / 2 - b / 3",
        "(2 * a + 3 * b - 1) / 4", "(1 - a) / 2", "1 / a + (b - 1) / 3"
    ])
    func `the description reads back as the same size`(_ text: String) throws {
        let size = try Size(parsing: text)
        #expect(try Size(parsing: size.description) == size, "\(size.description)")
    }

    @Test func `every number has a description`() {
        #expect(Size(.max).description == "\(Int.max)")
        #expect(Size(.min).description.contains("9223372036854775808"))
    }

    @Test func `a division must come out even`() throws {
        let half = try Size(parsing: "frames / 2")
        #expect(try half.bound(to: ["frames": 8]) == 4)
        let error = try #require(throws: SizeError.self) { try half.bound(to: ["frames": 7]) }
        #expect(error == .unevenDivision("frames / 2"))
        expectError(SizeError.self, saying: "7 / 2", "has a remainder") { try Size(parsing: "7 / 2") }
        expectError(SizeError.self, saying: "has a remainder") { try Size(parsing: "3 * a / (2 * a)") }
        // Only the sum has to be whole.
        #expect(try Size(parsing: "(a + b) / 2").bound(to: ["a": 3, "b": 5]) == 4)
    }

    @Test func `nothing is divided by zero or by a sum`() throws {
        #expect(throws: SizeError.divisionByZero("a / 0")) { try Size(parsing: "a / 0") }
        expectError(SizeError.self, saying: "divides by zero") { try Size(parsing: "0 / 0") }
        expectError(SizeError.self, saying: "divides by zero") { try Size(parsing: "a / (b - b)") }
        expectError(SizeError.self, saying: "divides by zero") {
            try Size(parsing: "a / b").bound(to: ["a": 1, "b": 0])
        }
        let error = try #require(throws: SizeError.self) { try Size(parsing: "a / (b + 1)") }
        #expect("\(error)".contains("sum"))
    }

    @Test func `what does not fit is an error and no trap`() throws {
        let large = Size(.max)
        expectError(SizeError.self, saying: "overflows") { try large.adding(1) }
        expectError(SizeError.self, saying: "overflows") { try large.multiplied(by: 2) }
        expectError(SizeError.self, saying: "overflows") { try Size(.min).subtracting(1) }
        expectError(SizeError.self, saying: "overflows") { try Size(0).subtracting(Size(.min)) }
        expectError(SizeError.self, saying: "overflows") { try Size(parsing: "a").divided(by: Size(.min)) }
        let square = try Size(parsing: "a * a")
        expectError(SizeError.self, saying: "a * a overflows") { try square.bound(to: ["a": .max]) }
        expectError(SizeError.self, saying: "a + b overflows") {
            try Size(parsing: "a + b").bound(to: ["a": .max, "b": 1])
        }
    }

    @Test func `a symbol without a value is named`() throws {
        let error = try #require(throws: SizeError.self) { try Size(parsing: "past + tokens").bound(to: ["past": 1]) }
        #expect(error == .unbound(symbol: "tokens", size: "past + tokens"))
    }

    @Test func `literals are numbers and expressions`() throws {
        let shape: [Size] = [4, "tokens", "past + tokens"]
        #expect(shape[0].constant == 4)
        #expect(try shape[2].subtracting(shape[1]) == "past")
        #expect("\(TensorType(.bool, shape))" == "bool[4, tokens, past + tokens]")
    }
}
