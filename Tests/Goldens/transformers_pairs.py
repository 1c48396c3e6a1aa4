#!/usr/bin/env python3
"""What Hugging Face's transformers makes of little folders of T5, BART, Marian and Whisper.

    python3 Tests/Goldens/transformers_pairs.py OUT

writes OUT/pairs.json (Tests/ModelSupport/Fixtures), in the form of variants.json: see transformers_variants.py. Names and shapes of weights are those that
transformers itself gives its models.
Made with torch 2.15.0, transformers 5.24.0.
"""
import sys

import torch
import transformers
from transformers_variants import VOCABULARY, WIDTH, record
from models import number, stored

CASES = []
IDS, MASK = [[1, 5, 2, 7, 10], [3, 3, 9, 4, 6]], [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]
ANSWERS = [[0, 8, 4], [0, 2, 9]]


def shapes(config, kind):
    """Of each tensor that has numbers of its own; tied ones are those of the first name."""
    names = dict(config)
    model = getattr(transformers, kind)(getattr(transformers, kind).config_class(**{k: v for k, v in names.items() if k not in ("architectures", "model_type")}))
    model.tie_weights()
    seen, result = set(), {}
    for name, value in model.state_dict().items():
        if value.data_ptr() not in seen:
            seen.add(value.data_ptr())
            result[name] = list(value.shape)
    return result


def case(name, config, more=(), without=(), **inputs):
    kind = config["architectures"][0]
    found = {n: s for n, s in {**shapes(config, kind), **dict(more)}.items() if n not in without}
    CASES.append({"name": name, "config": config, "weights": stored(found), "kind": kind, "inputs": inputs or {"input_ids": IDS, "decoder_input_ids": ANSWERS}})


T5 = {"architectures": ["T5ForConditionalGeneration"], "model_type": "t5", "d_model": WIDTH, "d_kv": 6, "d_ff": 12, "num_layers": 2, "num_heads": 2,
      "relative_attention_num_buckets": 6, "relative_attention_max_distance": 5, "vocab_size": VOCABULARY, "pad_token_id": 0, "eos_token_id": 1,
      "decoder_start_token_id": 0}
OWN = {"lm_head.weight": [VOCABULARY, WIDTH]}
case("T5", T5)
case("T5, padded", T5, input_ids=IDS, attention_mask=MASK, decoder_input_ids=ANSWERS)
case("T5, padded on both sides", T5, input_ids=IDS, attention_mask=MASK, decoder_input_ids=ANSWERS, decoder_attention_mask=[[1, 1, 1], [1, 1, 0]])
case("T5, another depth of the decoder, an epsilon", {**T5, "num_decoder_layers": 1, "layer_norm_epsilon": 0.25})
case("T5 1.1", {**T5, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}, OWN)
case("T5, gated, another activation", {**T5, "feed_forward_proj": "gated-silu"})
case("T5, not scaled, of transformers 5", {**T5, "tie_word_embeddings": True, "scale_decoder_outputs": False})
case("T5, copies of the embeddings", T5, {"encoder.embed_tokens.weight": [VOCABULARY, WIDTH], "decoder.embed_tokens.weight": [VOCABULARY, WIDTH]})
for entry in CASES[-1]["weights"]["tensors"]:
    if entry[0].endswith("embed_tokens.weight"):
        entry[1] = "shared.weight"
case("T5 without a head", {**T5, "architectures": ["T5Model"]})
case("T5's encoder", {**T5, "architectures": ["T5EncoderModel"]}, input_ids=IDS, attention_mask=MASK)
case("T5, long", {**T5, "relative_attention_num_buckets": 8, "relative_attention_max_distance": 12}, input_ids=[[(5 * n + n // 3) % 10 + 1 for n in range(24)]],
     decoder_input_ids=[[(3 * n + n // 4) % 10 + 1 for n in range(20)]])

BART = {"architectures": ["BartForConditionalGeneration"], "model_type": "bart", "d_model": WIDTH, "encoder_layers": 2, "decoder_layers": 1,
        "encoder_attention_heads": 2, "decoder_attention_heads": 4, "encoder_ffn_dim": 12, "decoder_ffn_dim": 10, "vocab_size": VOCABULARY,
        "max_position_embeddings": 6, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "decoder_start_token_id": 2}
case("BART", BART)
case("BART, padded, scaled embeddings", {**BART, "scale_embedding": True, "activation_function": "gelu_new"}, input_ids=IDS, attention_mask=MASK,
     decoder_input_ids=ANSWERS)

MARIAN = {**BART, "architectures": ["MarianMTModel"], "model_type": "marian", "pad_token_id": 10, "eos_token_id": 0, "decoder_start_token_id": 10,
          "decoder_vocab_size": VOCABULARY, "activation_function": "swish"}
SINUSOIDS = ("model.encoder.embed_positions.weight", "model.decoder.embed_positions.weight")
case("Marian", MARIAN, without=SINUSOIDS)
case("Marian, positions of its own", MARIAN)
case("Marian, padded, scaled embeddings", {**MARIAN, "scale_embedding": True}, without=SINUSOIDS, input_ids=IDS, attention_mask=MASK, decoder_input_ids=ANSWERS)

WHISPER = {"architectures": ["WhisperForConditionalGeneration"], "model_type": "whisper", "d_model": WIDTH, "encoder_layers": 2, "decoder_layers": 1,
           "encoder_attention_heads": 2, "decoder_attention_heads": 4, "encoder_ffn_dim": 12, "decoder_ffn_dim": 10, "vocab_size": VOCABULARY, "num_mel_bins": 3,
           "max_source_positions": 4, "max_target_positions": 6, "pad_token_id": 2, "bos_token_id": 2, "eos_token_id": 2, "decoder_start_token_id": 1,
           "begin_suppress_tokens": None}
SOUND = [[[number(f"sound {row}", 8 * line + n) for n in range(8)] for line in range(3)] for row in range(2)]
case("Whisper", WHISPER, input_features=SOUND, decoder_input_ids=ANSWERS)
case("Whisper, another activation, scaled embeddings", {**WHISPER, "activation_function": "relu", "scale_embedding": True}, input_features=SOUND,
     decoder_input_ids=ANSWERS)
case("Whisper without a head", {**WHISPER, "architectures": ["WhisperModel"]}, input_features=SOUND, decoder_input_ids=ANSWERS)

if __name__ == "__main__":
    record(CASES, f"{sys.argv[1]}/pairs.json")
