#!/usr/bin/env python3
"""Marian's tokenizers: SentencePiece models of several settings, trained here, and what transformers makes of texts.

    python3 Tests/Goldens/marian_tokenizer.py > Tests/ModelTests/Fixtures/tokenizers/marian.json

Made with transformers 5.24.0 and sentencepiece 0.2.2. Files are in base64.
"""
import base64
import io
import json
import os
import random
import sys
import tempfile
import warnings

import sentencepiece
from transformers import MarianTokenizer

warnings.simplefilter("ignore")
WORDS = ("the of and to in is that it was for on are as with his they at be this from have or by one had not but what "
         "all were when we there can an your which their said if do will each about how up out them then she many some "
         "so these would other into has more her two like him see time could no make than first been its who now "
         "people my made over did down only way find use may water long little very after words called just where most "
         "know der die und das ist nicht ein ich mit für größer Straße naïve café œuvre").split()
numbers = random.Random(7)
CORPUS = [" ".join(numbers.choices(WORDS, k=numbers.randint(3, 12))).capitalize() + numbers.choice([".", "!", "?", " …"])
          for _ in range(3000)]
TEXTS = ["", " ", "Hello world", "  the  water \t was\nlong ", ">>fr<< the water", ">>xx<< the water", ">>fr<<", ">> no << code",
         "the >>fr<< water", "naïve café", "naïve café", "Straße größer", "ﬁnd the ①②③ ½ ™ ｆｕｌｌ　ｗｉｄｔｈ",
         "日本語の文 the 日本 water", "🦊🦊 fox 🦊", "a\u200bb \u00a0c", "the</s>water", "the </s> water", "<unk> the <pad>",
         "▁the▁water", "x" * 40, "\u0301 mark", "été É", "don't (stop) [now]", "1234567890", "theofandto", "\u0000 nul",
         "<special> the <special>water", "\ufeffbom", "ＡＢＣ", "…", "the… water"]


def trained(folder, **options):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_writer=model, model_type="unigram", vocab_size=600, hard_vocab_limit=False,
        bos_id=-1, eos_id=0, unk_id=1, pad_id=-1, minloglevel=2, num_threads=1, **options)
    return model.getvalue()


def case(name, settings={}, drop=(), add=(), **options):
    with tempfile.TemporaryDirectory() as folder:
        content = trained(folder, **options)
        for side in ("source", "target"):
            with open(f"{folder}/{side}.spm", "wb") as file:
                file.write(content)
        pieces = sentencepiece.SentencePieceProcessor(model_proto=content)
        # Other ids than the model's, and without some of its pieces.
        texts = [pieces.id_to_piece(index) for index in range(pieces.get_piece_size())]
        texts = ["</s>", "<unk>", ">>fr<<"] + sorted(set(texts) - {"</s>", "<unk>"} - set(drop)) + ["<pad>", *add]
        with open(f"{folder}/vocab.json", "w") as file:
            json.dump({text: index for index, text in enumerate(texts)}, file)
        MarianTokenizer(f"{folder}/source.spm", f"{folder}/target.spm", f"{folder}/vocab.json",
                        **settings).save_pretrained(folder)
        tokenizer = MarianTokenizer.from_pretrained(folder)
        rows = []
        for text in TEXTS:
            ids = tokenizer(text)["input_ids"]
            rows.append({"text": text, "ids": ids, "bare": tokenizer(text, add_special_tokens=False)["input_ids"],
                         "decoded": tokenizer.decode(ids), "skipped": tokenizer.decode(ids, skip_special_tokens=True)})
        files = {}
        for path in sorted(os.listdir(folder)):
            if path != "target.spm":
                with open(f"{folder}/{path}", "rb") as file:
                    files[path] = base64.b64encode(file.read()).decode()
        return {"name": name, "files": files, "texts": rows}


IDENTITY = {"normalization_rule_name": "identity"}
cases = [
    case("as opus-mt", normalization_rule_name="nmt_nfkc"),
    case("pieces that the vocabulary lacks", drop=("▁the", "▁water", "."), **IDENTITY),
    case("blanks kept", remove_extra_whitespaces=False, **IDENTITY),
    case("no dummy prefix", add_dummy_prefix=False, **IDENTITY),
    case("blanks at the end", treat_whitespace_as_suffix=True, **IDENTITY),
    case("symbols of the user", user_defined_symbols=["<special>", "water"], **IDENTITY),
    case("bytes", byte_fallback=True, **IDENTITY),
    case("other special tokens", settings={"eos_token": "<end>", "unk_token": "<none>", "pad_token": "</s>"}, add=["<end>", "<none>"],
         **IDENTITY),
]
json.dump(cases, sys.stdout, ensure_ascii=True, indent=None, separators=(",", ":"))
