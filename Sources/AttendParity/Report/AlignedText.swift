extension String {
    /// The text with spaces to a width: in front of a number, behind a word.
    func aligned(to width: Int, isNumber: Bool = true) -> String {
        let spaces = String(repeating: " ", count: max(0, width - count))
        return isNumber ? spaces + self : self + spaces
    }
}
