"""Whisper's front end by Hugging Face transformers: log-mel features, and a tiny random Whisper of 1,500 positions with timestamps.

    python speech.py OUTPUT

writes OUTPUT/mel.safetensors (features of sounds) and OUTPUT/whisper (a model folder) with expected.json (ids, segments and times of words of the sounds).
torch 2.15.0, transformers 5.24.0.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import transformers
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

WORDS, TIMES = 120, 1501
END, START, ENGLISH, GERMAN, TRANSLATE, TRANSCRIBE, PREVIOUS, SPEECHLESS, TIMELESS = range(WORDS, WORDS + 9)
SIZE = WORDS + 9 + TIMES


def sound(seconds, seed):
    """Saw teeth of changing pitch with pauses, in whole numbers: SpeechTests makes the same."""
    n = np.arange(int(16000 * seconds), dtype=np.int64)
    part = n // 4000 + seed
    teeth = n * (220 + part * part * 37 % 400) % 16000 - 8000
    loud = (part * 7 % 5 > 0).astype(np.int64)
    noise = (n * n * 31 + n * seed) % 2003 - 1001
    return ((teeth * loud + noise // 4) / np.float32(32768)).astype(np.float32)


def tokenizer(folder):
    """Byte-level, every token a byte, then marked ones as Whisper has them."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    letters = [c for c in "abcdefghijklmnopqrstuvwxyz.,!?'\"-0123456789" if c in alphabet] + ["Ġ"]
    words = letters + ["Ġ" + a for a in letters[:26]] + [a + b for a in "aeiou" for b in "nrstl"]
    rest = [c for c in alphabet if c not in letters]
    words = (words + rest)[:WORDS]
    marks = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|de|>", "<|translate|>", "<|transcribe|>", "<|startofprev|>", "<|nospeech|>",
             "<|notimestamps|>"]
    times = [f"<|{0.02 * i:.2f}|>" for i in range(TIMES)]
    vocabulary = {word: i for i, word in enumerate(words)}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token=None))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens(marks)
    made.add_tokens(times)
    made.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "WhisperTokenizer", "model_max_length": 448}))
    return words


def main(output):
    output.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for bins in [80, 128]:
        extractor = WhisperFeatureExtractor(feature_size=bins)
        made = extractor(sound(3.7, 1), sampling_rate=16000, return_tensors="np")
        tensors[f"features.{bins}"] = made.input_features[0][:, :400:3]
        tensors[f"tail.{bins}"] = made.input_features[0][:, -5:]
    long = WhisperFeatureExtractor()(sound(33.3, 2), sampling_rate=16000, return_tensors="np", truncation=False, padding="longest")
    tensors["long"] = np.ascontiguousarray(long.input_features[0][:, ::31])
    save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, output / "mel.safetensors")

    torch.manual_seed(11)
    config = WhisperConfig(
        vocab_size=SIZE, d_model=32, encoder_layers=1, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32,
        decoder_ffn_dim=32, max_source_positions=1500, max_target_positions=64, decoder_start_token_id=START, eos_token_id=END, pad_token_id=END,
        bos_token_id=END, num_mel_bins=80, suppress_tokens=None, begin_suppress_tokens=None, init_std=0.3)
    model = WhisperForConditionalGeneration(config).eval()
    folder = output / "whisper"
    folder.mkdir(exist_ok=True)
    g = model.generation_config
    g.lang_to_id = {"<|en|>": ENGLISH, "<|de|>": GERMAN}
    g.task_to_id = {"transcribe": TRANSCRIBE, "translate": TRANSLATE}
    g.no_timestamps_token_id = TIMELESS
    g.is_multilingual = True
    g.alignment_heads = [[0, 1], [1, 0], [1, 1]]
    g.max_initial_timestamp_index = 50
    g.suppress_tokens = [START, ENGLISH, GERMAN, TRANSLATE, TRANSCRIBE, PREVIOUS, SPEECHLESS, 7]
    g.begin_suppress_tokens = [END]
    g.max_length = 64
    g.return_timestamps = False
    model.save_pretrained(folder)
    WhisperFeatureExtractor().save_pretrained(folder)
    words = tokenizer(folder)
    model = model.double()
    cases = []
    for name, seconds, seed, options in [
        ("whole", 29.5, 3, {"language": "en", "task": "transcribe"}),
        ("detected", 29.3, 4, {"task": "transcribe"}),
        ("translated", 29.5, 5, {"language": "de", "task": "translate"}),
        ("long", 65.0, 6, {"language": "en", "task": "transcribe"}),
    ]:
        data = sound(seconds, seed)
        extractor = WhisperFeatureExtractor()
        is_long = seconds > 30
        features = extractor(
            data, sampling_rate=16000, return_tensors="pt", return_attention_mask=True,
            **({"truncation": False, "padding": "longest"} if is_long else {}))
        with torch.no_grad():
            found = model.generate(
                features.input_features.double(), attention_mask=features.attention_mask, return_timestamps=True, return_token_timestamps=True,
                return_segments=True, do_sample=False, **options)
        segments = [
            {"start": float(s["start"]), "end": float(s["end"]), "ids": s["tokens"].tolist(), "times": s["token_timestamps"].tolist()}
            for s in found["segments"][0]
            # transformers goes on in the silence that fills the window.
            if float(s["start"]) - 0.02 * (int(s["tokens"][0]) - TIMELESS - 1) < seconds
        ]
        cases.append({"name": name, "seconds": seconds, "seed": seed, "options": options, "segments": segments})
        print(name, len(segments), [(s["start"], s["end"], len(s["ids"])) for s in segments][:6])
    (folder / "expected.json").write_text(json.dumps({"words": words, "cases": cases}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
