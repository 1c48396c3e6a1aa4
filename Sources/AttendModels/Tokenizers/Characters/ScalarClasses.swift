/// Classes of scalars in the `tokenizers` library; see ``TokenizerCharacters``.
extension Unicode.Scalar {
    /// Punctuation of `BertPreTokenizer` and `Punctuation`, including all ASCII symbols.
    var isTokenPunctuation: Bool {
        isASCII
            ? (33...47).contains(value) || (58...64).contains(value) || (91...96).contains(value)
                || (123...126).contains(value)
            : TokenizerCharacters.punctuation.contains(self)
    }

    /// `\w` of regular expressions: letters, marks, decimal digits, connectors and joiners.
    var isTokenWord: Bool {
        isASCII
            ? (48...57).contains(value) || (65...90).contains(value) || value == 95 || (97...122).contains(value)
            : TokenizerCharacters.word.contains(self)
    }

    /// Removed by BERT's `clean_text`: controls except tabs and line breaks, format characters, private use and U+FFFD.
    var isRemovedByBERT: Bool { TokenizerCharacters.removed.contains(self) }

    /// Replaced with a space by BERT's `clean_text`.
    var isBERTBlank: Bool { self == "\t" || self == "\n" || self == "\r" || properties.isWhitespace }

    /// The blocks of CJK ideographs that BERT surrounds with spaces.
    var isChinese: Bool { value >= 0x3400 && TokenizerCharacters.chinese.contains(self) }

    var isNonspacingMark: Bool { value >= 0x300 && TokenizerCharacters.nonspacingMarks.contains(self) }

    var isCombiningMark: Bool { value >= 0x300 && TokenizerCharacters.combiningMarks.contains(self) }
}
