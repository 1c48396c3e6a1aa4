#!/usr/bin/env python3
"""What Hugging Face's transformers makes of little encoders that classify whole texts, and sentence-transformers of a cross-encoder.

    python3 Tests/Goldens/transformers_classifiers.py OUT

writes OUT/classifiers.json (Tests/ModelSupport/Fixtures), in the form of variants.json: see transformers_variants.py. Names and shapes of weights are those that
transformers itself gives its models. `crosses` holds scores that CrossEncoder gives pairs of texts in the base folder of models.py, `masks` the tokens that a masked language model there predicts.
Made with torch 2.15.0, transformers 5.24.0, sentence-transformers 6.2.0.
"""
import json
import sys
import tempfile

import torch
from models import BASE, WEIGHTS, WIDTH as BASE_WIDTH, write
from sentence_transformers import CrossEncoder
from transformers import AutoTokenizer, BertForMaskedLM
from transformers_encoders import DISTIL, IDS, NARROW, modern, sizes
from transformers_pairs import shapes
from transformers_variants import BERT, RIGHT, TYPES, record
from models import stored

CASES = []


def case(name, config, **inputs):
    kind = config["architectures"][0]
    CASES.append({"name": name, "config": config, "weights": stored(shapes(config, kind)), "kind": kind, "inputs": {"input_ids": IDS, **inputs}})


ONE, THREE = {"id2label": {"0": "LABEL_0"}}, {"id2label": {"0": "a", "1": "b", "2": "c"}}
case("BERT, a score", {**BERT, "architectures": ["BertForSequenceClassification"], **ONE}, token_type_ids=TYPES, attention_mask=RIGHT)
case("BERT, two labels", {**BERT, "architectures": ["BertForSequenceClassification"]})
case("RoBERTa, three labels", sizes("roberta", "RobertaForSequenceClassification", **THREE))
case("XLM-RoBERTa, a score", sizes("xlm-roberta", "XLMRobertaForSequenceClassification", **ONE))
case("MPNet, a score", sizes("mpnet", "MPNetForSequenceClassification", without=("type_vocab_size",), **ONE))
case("ALBERT, a score", sizes("albert", "AlbertForSequenceClassification", embedding_size=NARROW, **ONE))
case("ELECTRA, a score", sizes("electra", "ElectraForSequenceClassification", embedding_size=NARROW, **ONE))
case("DistilBERT, a score", {**DISTIL, "architectures": ["DistilBertForSequenceClassification"], **ONE})
MODERN = "ModernBertForSequenceClassification"
case("ModernBERT, a score", modern(architectures=[MODERN], **ONE), attention_mask=RIGHT)
case("ModernBERT, a score of the mean", modern(architectures=[MODERN], classifier_pooling="mean", classifier_bias=True, classifier_activation="relu", norm_bias=True,
                                              **ONE), attention_mask=RIGHT)

QUERY, TEXTS = "the cat sat", ["a big cat", "take a mole", "the cat sat on a mat " * 6]
HEAD = {"classifier.weight": [1, BASE_WIDTH], "classifier.bias": [1]}
CROSSES = [("the sigmoid", {}), ("the identity", {"sentence_transformers": {"activation_fn": "torch.nn.modules.linear.Identity"}}),
           ("an older name", {"sbert_ce_default_activation_function": "torch.nn.modules.activation.Tanh"})]


def crosses():
    result = []
    for name, more in CROSSES:
        config = {**BASE["config.json"], "architectures": ["BertForSequenceClassification"], **ONE, **more}
        weights = {**WEIGHTS["model.safetensors"], "tensors": [[("bert." + n), s, shape] for n, s, shape in WEIGHTS["model.safetensors"]["tensors"]] +
                   [[n, n, s] for n, s in HEAD.items()]}
        with tempfile.TemporaryDirectory() as folder:
            files = {n: c for n, c in BASE.items() if n in ("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt")}
            write(folder, {**{n: None for n in BASE}, **files, "config.json": config}, {"model.safetensors": weights})
            model = CrossEncoder(folder, device="cpu", model_kwargs={"dtype": torch.float64})
            scores = model.predict([(QUERY, text) for text in TEXTS], convert_to_numpy=True)
        result.append({"name": name, "config": config, "weights": weights, "query": QUERY, "texts": TEXTS, "scores": [float(s) for s in scores]})
    return result


def masks():
    """The five most probable tokens at each mask, with their probabilities in float64."""
    config = {**BASE["config.json"], "architectures": ["BertForMaskedLM"]}
    p = "cls.predictions."
    head = {p + "transform.dense.weight": [BASE_WIDTH, BASE_WIDTH], p + "transform.dense.bias": [BASE_WIDTH], p + "transform.LayerNorm.weight": [BASE_WIDTH],
            p + "transform.LayerNorm.bias": [BASE_WIDTH], p + "bias": [config["vocab_size"]]}
    weights = {"dtype": "F32", "tensors": [["bert." + n, s, shape] for n, s, shape in WEIGHTS["model.safetensors"]["tensors"] if "pooler" not in n] +
               [[n, n, s] for n, s in head.items()]}
    text = "the [MASK] sat on a [MASK]"
    with tempfile.TemporaryDirectory() as folder:
        files = {n: c for n, c in BASE.items() if n in ("tokenizer.json", "tokenizer_config.json")}
        write(folder, {**{n: None for n in BASE}, **files, "config.json": config}, {"model.safetensors": weights})
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model = BertForMaskedLM.from_pretrained(folder).double().eval()
        ids = tokenizer(text, return_tensors="pt")
        with torch.no_grad():
            rows = torch.softmax(model(**ids).logits[0], -1)
        found = []
        for place, id in enumerate(ids["input_ids"][0].tolist()):
            if id == tokenizer.mask_token_id:
                best = torch.topk(rows[place], 5)
                found.append({"position": place, "ids": best.indices.tolist(), "probabilities": best.values.tolist()})
    return {"config": config, "weights": weights, "text": text, "masks": found}


if __name__ == "__main__":
    path = f"{sys.argv[1]}/classifiers.json"
    record(CASES, path)
    document = json.load(open(path))
    document["crosses"], document["masks"] = crosses(), masks()
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in document["cases"])
    with open(path, "w") as file:
        shown = [json.dumps(document[name], separators=(",", ":")) for name in ("crosses", "masks")]
        file.write('{"tolerance": %r, "crosses": %s, "masks": %s, "cases": [\n%s\n]}\n' % (document["tolerance"], *shown, lines))
