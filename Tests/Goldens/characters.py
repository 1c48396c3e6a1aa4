#!/usr/bin/env python3
"""Asks tokenizers 0.23.3 about every Unicode scalar: the tables of Sources/AttendModels/Tokenizers/Characters, and a test's digests.

    python3 Tests/Goldens/characters.py Sources/AttendModels/Tokenizers/Characters/TokenizerCharacters.swift \
        Tests/ModelTests/Fixtures/tokenizers/characters.json
"""
import json
import sys

from tokenizers import AddedToken, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import WordPiece

SCALARS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
BLOCK = 0x1000


def bert(**options):
    settings = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**dict(settings, **options)).normalize_str


CLEAN, CHINESE, ACCENTS, LOWER = (
    bert(clean_text=True), bert(handle_chinese_chars=True), bert(strip_accents=True), bert(lowercase=True))
NFD, STRIP = normalizers.NFD().normalize_str, normalizers.StripAccents().normalize_str
WORDS = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
SPACES = pre_tokenizers.Whitespace().pre_tokenize_str
SINGLE = Tokenizer(WordPiece({"[UNK]": 0, "zz": 1}, unk_token="[UNK]"))
SINGLE.add_tokens([AddedToken("zz", single_word=True, normalized=False)])
SINGLE.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
# Marks of the combining classes 240 and 1.
LATE, EARLY = "\u0345", "\u0334"


def cut(words, text):
    return "|".join(word for word, _ in words(text))


TABLES = {
    "removed": ("`BertNormalizer` leaves them out where it cleans text.", lambda s: CLEAN("a" + s + "b") == "ab"),
    "chinese": ("`BertNormalizer` puts blanks around them.", lambda s: CHINESE(s) == " " + s + " "),
    "punctuation": (
        "`BertPreTokenizer` makes words of them.", lambda s: cut(WORDS, "a" + s + "b") == "a|" + s + "|b"),
    "nonspacingMarks": ("`BertNormalizer` leaves them out with accents.", lambda s: NFD(s) == s and ACCENTS(s) == ""),
    "combiningMarks": ("`StripAccents` leaves them out.", lambda s: STRIP(s) == ""),
    "decomposed": ("They are more than themselves in NFD; Hangul apart.", lambda s: NFD(s) != s and not hangul(s)),
    "ordered": (
        "Marks with a canonical combining class above 0.",
        lambda s: NFD(s) == s and (NFD(LATE + s) != LATE + s or NFD(s + EARLY) != s + EARLY or s == LATE)),
    "word": ("`\\\\w` of regular expressions.", lambda s: 1 not in SINGLE.encode(s + "zz").ids),
}


def hangul(s):
    return 0xAC00 <= ord(s) <= 0xD7A3


def ranges(scalars):
    found = []
    for scalar in scalars:
        if found and found[-1][1] == scalar - 1:
            found[-1][1] = scalar
        else:
            found.append([scalar, scalar])
    return [bound for pair in found for bound in pair]


def swift(tables):
    lines = [
        "// Made by Tests/Goldens/characters.py; what tokenizers 0.23.3 takes each scalar for.",
        "",
        "/// Sets of scalars as the `tokenizers` library has them: some of its tables are those of Unicode 8, others newer.",
        "enum TokenizerCharacters {",
    ]
    for name, (comment, _) in TABLES.items():
        lines += [f"    /// {comment}".replace("\\\\", "\\"), f"    static let {name} = ScalarRanges(["]
        numbers = [f"0x{bound:04X}" for bound in tables[name]]
        rows = [numbers[i:i + 10] for i in range(0, len(numbers), 10)]
        lines += ["        " + ", ".join(row) + ("," if i < len(rows) - 1 else "") for i, row in enumerate(rows)]
        lines += ["    ])", ""]
    return "\n".join(lines[:-1] + ["}", ""])


def digest(answer):
    """FNV-1a, 64 bits, of each block's answers."""
    found, value, block = [], None, None
    for scalar in SCALARS:
        if scalar // BLOCK != block:
            if value is not None:
                found.append(f"{value:016x}")
            value, block = 0xCBF29CE484222325, scalar // BLOCK
        for byte in answer(chr(scalar)).encode() + b"\n":
            value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return found + [f"{value:016x}"]


def main():
    tables = {name: ranges([c for c in SCALARS if test(chr(c))]) for name, (_, test) in TABLES.items()}
    with open(sys.argv[1], "w") as file:
        file.write(swift(tables))
    everything = bert(clean_text=True, handle_chinese_chars=True, strip_accents=True, lowercase=True)
    answers = {
        "normalized": lambda s: everything("a" + s + "b"), "lowercased": lambda s: LOWER(s),
        "decomposed": lambda s: NFD("a" + LATE + s + EARLY), "without accents": lambda s: STRIP("a" + s + "b"),
        "bert words": lambda s: cut(WORDS, "a" + s + "b"), "words": lambda s: cut(SPACES, "a" + s + "b"),
    }
    with open(sys.argv[2], "w") as file:
        json.dump({name: digest(answer) for name, answer in answers.items()}, file, indent=1)
        file.write("\n")


main()
