#!/usr/bin/env python3
"""Little folders of Llama as mlx-lm quantizes and writes them, by NumPy from the documented layout (mlx.core.quantize, mode "affine"), with the logits of
transformers in float64 on the dequantized weights.

    pip install numpy safetensors torch transformers
    python3 Tests/Goldens/mlx_quantized.py OUT

writes OUT/BITS-GROUP (Tests/BackendTests/Fixtures/mlx): the folder; original.safetensors with the weights before; expected.safetensors with logits [batch,
tokens, vocabulary], input_ids, and the dequantized weights' sum. Made with torch 2.15.0, transformers 5.24.0, numpy 2.4.6.
"""
import json
import os
import sys

import numpy as np
import torch
from safetensors.numpy import save_file
from transformers import LlamaConfig, LlamaForCausalLM

WIDTH, INNER, VOCABULARY = 128, 64, 48


def quantize(w, bits, group):
    """Words, scales and biases of a float32 matrix, in float32."""
    rows, width = w.shape
    parts = w.reshape(rows, width // group, group).astype(np.float32)
    low, high = parts.min(-1), parts.max(-1)
    bins = np.float32(2**bits - 1)
    is_low = np.abs(low) > np.abs(high)
    step = np.maximum((high - low) / bins, np.float32(1e-7))
    step = np.where(is_low, step, -step)
    edge = np.where(is_low, low, high)
    zero = np.round(edge / step)
    scales = np.where(zero != 0, edge / np.where(zero == 0, np.float32(1), zero), step).astype(np.float32)
    biases = np.where(zero == 0, np.float32(0), edge).astype(np.float32)
    q = np.clip(np.round((parts - biases[..., None]) / scales[..., None]), 0, bins).astype(np.uint32).reshape(rows, width)
    per_word = 32 // bits
    places = (np.arange(per_word, dtype=np.uint32) * bits).astype(np.uint32)
    words = np.bitwise_or.reduce(q.reshape(rows, width // per_word, per_word) << places, axis=-1).astype(np.uint32)
    return words, scales, biases


def dequantize(words, scales, biases, bits, group):
    """In float64, which holds it exactly."""
    per_word = 32 // bits
    places = (np.arange(per_word, dtype=np.uint32) * bits).astype(np.uint32)
    q = (words[..., None] >> places) & np.uint32(2**bits - 1)
    q = q.reshape(words.shape[0], -1).astype(np.float64)
    return q * np.repeat(scales.astype(np.float64), group, -1) + np.repeat(biases.astype(np.float64), group, -1)


def folder(out, bits, group, skipped):
    config = LlamaConfig(hidden_size=WIDTH, intermediate_size=INNER, num_attention_heads=4, num_key_value_heads=2, num_hidden_layers=1, vocab_size=VOCABULARY,
                         max_position_embeddings=32, tie_word_embeddings=False, pad_token_id=0, bos_token_id=1, eos_token_id=2)
    torch.manual_seed(bits * 1000 + group)
    model = LlamaForCausalLM(config).double()
    original, stored = {}, {}
    settings = {"group_size": group, "bits": bits}
    with torch.no_grad():
        for name, value in model.state_dict().items():
            value.copy_(torch.randn_like(value) * (0.08 if value.ndim == 2 else 0.1) + (0 if value.ndim == 2 else 1))
            if name.endswith("q_proj.weight"):
                value[3, :group] = 0.25  # A group of one number.
                value[4, :group] = 0.0
            weight = value.float().numpy()
            original[name] = weight
            base = name.removesuffix(".weight")
            if weight.ndim != 2 or weight.shape[1] % group or base in skipped:
                stored[name] = weight
                value.copy_(torch.from_numpy(weight).double())
                if weight.ndim == 2:
                    settings[base] = False
                continue
            words, scales, biases = quantize(weight, bits, group)
            stored[name], stored[base + ".scales"], stored[base + ".biases"] = words, scales, biases
            value.copy_(torch.from_numpy(dequantize(words, scales, biases, bits, group)))
        ids = torch.tensor([[1, 5, 2, 7, 10, 40], [3, 3, 9, 4, 6, 47]])
        logits = model(ids).logits
    path = f"{out}/{bits}-{group}"
    os.makedirs(path, exist_ok=True)
    values = {**config.to_dict(), "architectures": ["LlamaForCausalLM"], "quantization": settings, "quantization_config": settings}
    with open(f"{path}/config.json", "w") as file:
        json.dump(values, file, indent=2)
    save_file(stored, f"{path}/model.safetensors", metadata={"format": "mlx"})
    save_file(original, f"{path}/original.safetensors")
    save_file({"input_ids": ids.numpy(), "logits": logits.float().numpy()}, f"{path}/expected.safetensors")


if __name__ == "__main__":
    folder(sys.argv[1], 4, 64, [])
    folder(sys.argv[1], 8, 32, ["lm_head"])
    folder(sys.argv[1], 4, 128, ["model.layers.0.mlp.down_proj"])
