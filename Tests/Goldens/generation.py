"""Generation by Hugging Face transformers, computed in float64: beam search of translators, and rules for logits.

    python generation.py MODELS OUTPUT

MODELS is the folder of the model fixtures (Tests/BackendTests/Fixtures), OUTPUT the JSON file. torch 2.15.0, transformers 5.24.0. Without a cache: that of
transformers fails for decoders with more layers than the encoder.
"""

import json
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file

CLASSES = {
    "t5": transformers.T5ForConditionalGeneration,
    "marian": transformers.MarianMTModel,
    "bart": transformers.BartForConditionalGeneration,
    "gpt2": transformers.GPT2LMHeadModel,
    "llama": transformers.LlamaForCausalLM,
    "qwen3": transformers.Qwen3ForCausalLM,
}
BEAMS = [
    {"num_beams": 4},
    {"num_beams": 3, "early_stopping": True, "length_penalty": 0.6},
    {"num_beams": 4, "early_stopping": "never", "length_penalty": 2.0},
    {"num_beams": 2, "repetition_penalty": 1.2, "no_repeat_ngram_size": 2},
]
RULES = [
    {"repetition_penalty": 1.3},
    {"no_repeat_ngram_size": 2},
    {"min_new_tokens": 8},
    {"bad_words": True, "suppress_tokens": [5, 6, 7]},
    {"num_beams": 3},
]


def main(models: Path, output: Path) -> None:
    cases = []
    for folder in sorted(path.parent for path in models.glob("*/*/config.json")):
        family = folder.parent.name
        if family not in CLASSES:
            continue
        model = CLASSES[family].from_pretrained(folder, dtype=torch.float64).eval()
        # Sinusoids and frequencies are float32 in transformers' own code: near enough for ids.
        inputs = load_file(folder / "inputs.safetensors")
        given = {name: inputs[name] for name in ["input_ids", "attention_mask"] if name in inputs}
        greedy = model.generate(**given, do_sample=False, num_beams=1, max_new_tokens=16, use_cache=False)
        for settings in BEAMS if model.config.is_encoder_decoder else RULES:
            options = dict(settings)
            if options.pop("bad_words", False):
                # What greedy search chooses is forbidden: a token, and a pair of tokens.
                new = greedy[0, given["input_ids"].shape[1]:].tolist()
                options["bad_words_ids"] = [[new[1]], new[2:4]]
            with torch.no_grad():
                found = model.generate(**given, do_sample=False, max_new_tokens=16, use_cache=False, **options)
            cases.append({"model": f"{family}/{folder.name}", "settings": options, "sequences": found.tolist()})
    output.write_text(json.dumps({"max_new_tokens": 16, "cases": cases}))
    print(len(cases), "cases")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
