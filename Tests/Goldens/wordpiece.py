#!/usr/bin/env python3
"""Ids of little BERT folders as transformers 5.24 and tokenizers 0.23.3 give them: each setting in each of its files.

    python3 Tests/Goldens/wordpiece.py Tests/ModelTests/Fixtures/tokenizers/folders.json

The folder of a case is the base's `tokenizer.json` with the case's members in place of its own (or none), and the case's other files.
`lowercases` is what sentence-transformers 6.2 does for `do_lower_case` of `sentence_bert_config.json`.
"""
import json
import os
import random
import string
import sys
import tempfile

from tokenizers.normalizers import Lowercase, Sequence
from transformers import AutoTokenizer, logging

logging.set_verbosity_error()
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = "the cat dog cafe Caf The run want query ##s ##ing ##n naive foo".split()
CHARACTERS = string.ascii_lowercase + "NTC_½²٣一\u0301\u2e44\u08d4\U000f0001é" + "[]<>-.,!"
VOCABULARY = {t: i for i, t in enumerate(dict.fromkeys(
    SPECIAL + WORDS + list(CHARACTERS) + ["##" + c for c in CHARACTERS if c.isalpha() or c in "_\u0301\u2e44\u08d4½"]))}
SIZE = len(VOCABULARY)


def token(content, id=None, **flags):
    found = {"content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": True, "special": False}
    return dict(found if id is None else dict(found, id=id), **flags)


ADDED = [token(t, VOCABULARY[t], normalized=False, special=True) for t in SPECIAL]
BERT = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}
MODEL = {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
         "vocab": VOCABULARY}


def sequence(id, type_id):
    return {"Sequence": {"id": id, "type_id": type_id}}


def special(id, type_id):
    return {"SpecialToken": {"id": id, "type_id": type_id}}


BASE = {
    "version": "1.0", "truncation": None, "padding": None, "added_tokens": ADDED, "normalizer": BERT,
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {
        "type": "TemplateProcessing", "single": [special("[CLS]", 0), sequence("A", 0), special("[SEP]", 0)],
        "pair": [special("[CLS]", 0), sequence("A", 0), special("[SEP]", 0), sequence("B", 1), special("[SEP]", 1)],
        "special_tokens": {t: {"id": t, "ids": [VOCABULARY[t]], "tokens": [t]} for t in ("[CLS]", "[SEP]")}},
    "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True}, "model": MODEL}
FAST, CLASS = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]"}, {"tokenizer_class": "BertTokenizer"}
TEXT = "The CAFÉ cat running 一 [MASK] Café"


def added(*tokens):
    """With the ids that they get: the vocabulary's, else the next."""
    fresh = [t["content"] for t in tokens if t["content"] not in VOCABULARY]
    return {"added_tokens": ADDED + [
        dict(t, id=VOCABULARY.get(t["content"], SIZE + (fresh.index(t["content"]) if t["content"] in fresh else 0)))
        for t in tokens]}


def case(name, over, config, *texts, lowercases=False, **files):
    files = {key.replace("__", "."): value for key, value in files.items()}
    if config is not None:
        files["tokenizer_config.json"] = config
    return {"name": name, "tokenizer": over, "files": files, "lowercases": lowercases, "texts": list(texts) or [TEXT]}


def odd_texts(seed, count):
    generator = random.Random(seed)
    kinds = [
        lambda: generator.choice(list(VOCABULARY)).replace("##", ""), lambda: chr(generator.randrange(32, 127)),
        lambda: chr(generator.randrange(0x300, 0x370)), lambda: chr(generator.randrange(0xA0, 0x3000)),
        lambda: chr(generator.choice([0, 9, 10, 13, 0x85, 0xAD, 0x200B, 0x2028, 0x3000, 0xFFFD, 0xFEFF, 0x180E])),
        lambda: chr(generator.randrange(0x10000, 0x20000)), lambda: generator.choice(["İ", "ß", "ﬁ", "Σ", "한", "각", "ǅ"]),
        lambda: " "]
    return ["".join(generator.choice(kinds)() for _ in range(generator.randrange(1, 24))) for _ in range(count)]


LINES = list(VOCABULARY)
SINGLE = "ab abc abx abcd xab ab_ ab½ ab\u0301 ab² ab٣ ab-ab ab\u200d ab\u00ad ab"
CASES = [
    case("all as it should be", {}, CLASS),
    case("no settings beside the file", {}, None),
    case("capitals count", {}, dict(CLASS, do_lower_case=False)),
    case("capitals count, and accents do not", {}, dict(CLASS, do_lower_case=False, strip_accents=True)),
    case("accents count", {}, dict(CLASS, strip_accents=False)),
    case("ideographs are letters", {}, dict(CLASS, tokenize_chinese_chars=False)),
    case("a normalizer that BertTokenizer does not read", {"normalizer": dict(BERT, lowercase=False)}, CLASS),
    case("no normalizer, and BertTokenizer has its own", {"normalizer": None}, CLASS),
    case("no normalizer", {"normalizer": None}, dict(FAST, do_lower_case=True)),
    case("no pre-tokenizer", {"pre_tokenizer": None}, FAST, "cat", "the cat", "[MASK]cat"),
    case("no post-processor", {"post_processor": None}, FAST),
    case("no post-processor, and BertTokenizer has its own", {"post_processor": None}, CLASS),
    case("a model that BertTokenizer does not read",
         {"model": dict(MODEL, unk_token="cat", continuing_subword_prefix="@@", max_input_chars_per_word=3)}, CLASS),
    case("a model with other settings",
         {"model": dict(MODEL, unk_token="cat", continuing_subword_prefix="n", max_input_chars_per_word=4)}, FAST,
         "cats run catn cann Ж"),
    case("lowercased by the sentence encoder", {}, dict(CLASS, do_lower_case=False), lowercases=True),
    case("lowercased by the sentence encoder, added tokens too", added(token("NewTok")), dict(CLASS, do_lower_case=False),
         "a NewTok x newtok NEWTOK", lowercases=True),
    case("lowercased without a normalizer", {"normalizer": None}, FAST, lowercases=True),
    case("parts of normalizers",
         {"normalizer": {"type": "Sequence", "normalizers": [
             {"type": "Strip", "strip_left": True, "strip_right": True}, {"type": "NFD"}, {"type": "Lowercase"},
             {"type": "StripAccents"}, {"type": "Replace", "pattern": {"String": "-"}, "content": " "}]}},
         FAST, TEXT, "  the-cat  ", "e\u0316\u0301 \u0345\u0334"),
    case("words and blanks", {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [
        {"type": "WhitespaceSplit"}, {"type": "Whitespace"}]}}, FAST, "the--cat!! ½x e\u0301_ <cat>"),
    case("marks apart", {"pre_tokenizer": {"type": "Punctuation", "behavior": "Isolated"}}, FAST, "the cat", "cat-dog"),
    case("a list of words", None, None, vocab__txt="\n".join(LINES) + "\n"),
    case("a list of words with other line ends", None, CLASS, vocab__txt=" \t\r\n".join(LINES)),
    case("a list with a word twice", None, CLASS, "the cat", vocab__txt="\n".join(LINES + ["cat"]) + "\n"),
    case("a list of words, capitals count", None, dict(CLASS, do_lower_case=False), vocab__txt="\n".join(LINES)),
    case("other special tokens", {}, dict(
        CLASS, cls_token="cat", sep_token={"__type": "AddedToken", **token("dog")}), "a cat dog"),
    case("special tokens that are new", {}, dict(CLASS, mask_token="<m>"), "a <m> [MASK] x"),
    case("more special tokens", {}, dict(CLASS, additional_special_tokens=["<q>", {
        "__type": "AddedToken", **token("<d>", lstrip=True, rstrip=True, normalized=False, special=True)}]),
        "a <q> x <d> cat"),
    case("extra special tokens", {}, dict(CLASS, extra_special_tokens=["<q>"]), "a <q> cat"),
    case("extra special tokens with names", {}, dict(CLASS, extra_special_tokens={"query_token": "<q>"}), "a <q> cat"),
    case("a special token of the model's own", {}, dict(CLASS, query_token="<q>"), "a <q> cat"),
    case("special tokens are text", {}, dict(CLASS, split_special_tokens=True), "a [MASK] cat"),
    case("special tokens in a file", {}, CLASS, "a <m> [MASK] <q>", special_tokens_map__json={
        "mask_token": "<m>", "additional_special_tokens": ["<q>"]}),
    case("special tokens in a file that does not count", {},
         dict(CLASS, added_tokens_decoder={"4": token("[MASK]", special=True, normalized=False)}), "a <m> [MASK]",
         special_tokens_map__json={"mask_token": "<m>"}),
    case("added tokens in a file", {}, CLASS, "a NewTok newtok <q>", added_tokens__json={"NewTok": SIZE, "<q>": SIZE + 1}),
    case("added tokens in a file, of another class", {}, FAST, "a NewTok newtok <q>",
         added_tokens__json={"NewTok": SIZE, "<q>": SIZE + 1}),
    case("added tokens among the settings", {},
         dict(CLASS, added_tokens_decoder={str(SIZE): token("<ent>", special=True, normalized=False)}), "a <ent> [MASK] b"),
    case("added tokens among the settings, of another class", {},
         dict(FAST, added_tokens_decoder={str(SIZE): token("<ent>", special=True, normalized=False)}), "a <ent> [MASK] b"),
    case("added tokens that the settings leave out", added(token("zed")),
         dict(CLASS, added_tokens_decoder={str(SIZE): token("<ent>", special=True)}), "a <ent> zed"),
    case("an added token with capitals", added(token("NewTok")), FAST, "a NewTok here", "a newtok here"),
    case("an added token with capitals, as it stands", added(token("NewTok", normalized=False)), FAST, "a NewTok newtok"),
    case("an added token with an accent", added(token("Ünï")), FAST, "a ünï uni UNI"),
    case("an added token that is no word", added(token("zz", single_word=True)), FAST, "azz zzb zz"),
    case("the longest first, and what fails takes its text along",
         added(token("ab", single_word=True, normalized=False), token("abc", single_word=True, normalized=False),
               token("b", normalized=False)), FAST, SINGLE),
    case("tokens within tokens", added(token("new tok"), token("new", lstrip=True), token("newt", rstrip=True)), FAST,
         "a new tok  new  newt  newtok new tok"),
    case("blanks that are tokens, and tokens that take blanks", added(
        token("zz", lstrip=True, rstrip=True, normalized=False), token("  ", lstrip=True, rstrip=True, normalized=False)), FAST,
         "zz    cat", "    zz    ", "zz  zz   zz"),
    case("blanks that are tokens, and tokens that take those after them", added(
        token("zz", rstrip=True, normalized=False), token("  ", rstrip=True, normalized=False)), FAST,
         "zz    cat", "    zz    ", "zz  zz   zz"),
    case("a token that the file has twice", added(token("zed", single_word=True), token("zed")), FAST, "a zeds zed"),
    case("a token that the file has twice, once as text", {"added_tokens": ADDED + [token("[MASK]", 4)]},
         dict(CLASS, split_special_tokens=True, mask_token="<m>"), "a [MASK] [SEP]"),
    case("a token with a key is special, whatever a file says", {"added_tokens": ADDED[:4] + [token("[MASK]", 4)]},
         dict(FAST, split_special_tokens=True, mask_token="[MASK]"), "a [MASK] [SEP]"),
    case("a token with a key and in a list", {}, dict(FAST, mask_token={"__type": "AddedToken", **token("zed", rstrip=True)},
                                                      extra_special_tokens=["zed"]), "a zed  ZED zeds"),
    case("tokens of the file in another order", {"added_tokens": ADDED + [token("<q>", SIZE + 1), token("zed", SIZE)]}, CLASS,
         "a zed <q> [MASK]"),
    case("added tokens in a file, in another order", {}, CLASS, "a NewTok newtok <q>",
         added_tokens__json={"<q>": SIZE + 1, "NewTok": SIZE}),
    case("added tokens in a file, which are special in another", {}, CLASS, "a NewTok newtok <q> <Q> [MASK]",
         added_tokens__json={"NewTok": SIZE, "<q>": SIZE + 1},
         special_tokens_map__json={"mask_token": "NewTok", "additional_special_tokens": ["<q>"]}),
    case("added tokens among the settings have the last word", added(token("zed"), token("NewTok", normalized=False)),
         dict(FAST, added_tokens_decoder={
             str(SIZE): token("zed", single_word=True, lstrip=True), str(SIZE + 1): token("NewTok"),
             "4": token("[MASK]", rstrip=True, special=True, normalized=False)}),
         "a zeds  zed newtok NewTok [MASK]  b"),
    case("added tokens in a file do not", added(token("zed")), FAST, "a zeds zed", added_tokens__json={"zed": SIZE}),
    case("a special token that does not say how it is found",
         {}, dict(CLASS, mask_token={"__type": "AddedToken", "content": "NewTok"}), "a NewTok newtok"),
    case("a special token of another file that does not say how it is found", {}, CLASS, "a NewTok newtok",
         special_tokens_map__json={"mask_token": {"content": "NewTok"}}),
    case("what is special is text", {}, dict(CLASS, split_special_tokens=True, added_tokens_decoder={
        "4": token("[MASK]"), str(SIZE): token("<d>")}, additional_special_tokens=[
            {"__type": "AddedToken", **token("<e>")}, {"__type": "AddedToken", **token("<f>", special=True)}, "<g>"]),
         "a [MASK] <d> <e> <f> <g> [SEP]"),
    case("special tokens in two files", {}, dict(CLASS, additional_special_tokens=["<q>"]), "a <q> <d> <e>",
         special_tokens_map__json={"additional_special_tokens": ["<d>"]}),
    case("extra special tokens in two files", {}, dict(CLASS, extra_special_tokens=["<q>"]), "a <q> <d> <e>",
         special_tokens_map__json={"extra_special_tokens": ["<d>"], "additional_special_tokens": ["<e>"]}),
    case("extra special tokens by two names", {}, dict(CLASS, extra_special_tokens=["<q>"], additional_special_tokens=["<d>"]),
         "a <q> <d>"),
    case("ends that nothing adds", {}, dict(FAST, add_bos_token=True, bos_token="cat", add_eos_token=False)),
    case("RoBERTa's ends", {"post_processor": {
        "type": "RobertaProcessing", "sep": ["dog", VOCABULARY["dog"]], "cls": ["[CLS]", 2], "trim_offsets": True,
        "add_prefix_space": False}}, FAST),
    case("a list of processors", {"post_processor": {"type": "Sequence", "processors": [
        {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True}, BASE["post_processor"]]}}, FAST),
    case("ids with gaps", {"model": dict(MODEL, vocab=dict(VOCABULARY, foo2=1000))}, CLASS, "foo2 a"),
    case("odd texts", {}, CLASS, *odd_texts(1, 300)),
    case("odd texts, capitals count", {}, dict(CLASS, do_lower_case=False, strip_accents=False), *odd_texts(2, 150)),
    case("odd texts with added tokens", added(token("Newtok", lstrip=True), token("½", rstrip=True), token("e", single_word=True)),
         FAST, *odd_texts(3, 200)),
]


def ids(case):
    with tempfile.TemporaryDirectory() as folder:
        files = dict(case["files"], **{"config.json": {"model_type": "bert"}})
        if case["tokenizer"] is not None:
            files["tokenizer.json"] = dict(BASE, **case["tokenizer"])
        for name, content in files.items():
            with open(os.path.join(folder, name), "w", newline="", encoding="utf-8") as file:
                file.write(content) if isinstance(content, str) else json.dump(content, file)
        found = AutoTokenizer.from_pretrained(folder)
        if case["lowercases"]:
            normalizer = found.backend_tokenizer.normalizer
            parts = [] if normalizer is None else list(normalizer) if isinstance(normalizer, Sequence) else [normalizer]
            found.backend_tokenizer.normalizer = Sequence([Lowercase()] + parts)
        return [found(text).input_ids for text in case["texts"]]


def main():
    for each in CASES:
        try:
            each["ids"] = ids(each)
        except Exception as error:
            print(each["name"], type(error).__name__, error)
            each["ids"] = None
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump({"base": BASE, "cases": CASES}, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")


main()
