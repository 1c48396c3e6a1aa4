#!/usr/bin/env python3
"""What sentence-transformers makes of a little folder of each family of sentence encoders, saved by itself, with a tokenizer of its own.

    python3 Tests/Goldens/sentence_families.py OUT

writes OUT/families.json (Tests/ModelSupport/Fixtures): of each folder the files, the names and shapes of the weights (their numbers follow from the names: see
models.py), texts, and the embeddings that the peer gave in float64. Training tokenizers is not deterministic: another run gives other files.
Made with torch 2.15.0, transformers 5.24.0, sentence-transformers 6.2.0, tokenizers 0.23.3.
"""
import glob
import json
import os
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
import torch
from models import save, stored
from safetensors import safe_open
from sentence_transformers import SentenceTransformer
from sentence_transformers import models as M
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (AlbertConfig, AlbertModel, DistilBertConfig, DistilBertModel, ElectraConfig, ElectraModel, ModernBertConfig, ModernBertModel, MPNetConfig,
                          MPNetModel, PreTrainedTokenizerFast, Qwen3Config, Qwen3Model, RobertaConfig, RobertaModel, RobertaTokenizer, T5Config, T5EncoderModel,
                          XLMRobertaConfig, XLMRobertaModel, XLMRobertaTokenizer)

CORPUS = [open(within).read() for within in sorted(glob.glob(os.path.join(os.path.dirname(__file__), '*.py')))]
CORPUS += ['the cat sat on the mat', 'naïve café 東京 ñ', 'take a biopsy of the mole'] * 20
TEXTS = ['the cat sat on the mat', 'take a biopsy of the mole: naïve café', 'a', 'def forward(self, x): return x + 1', 'the quick brown fox ' * 30]


def byte_level(special, prefix=False):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=420, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    return tokenizer


def unigram(special, unk):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(CORPUS, trainers.UnigramTrainer(vocab_size=400, special_tokens=special, unk_token=unk, show_progress=False))
    return tokenizer


def wordpiece(special, unk='[UNK]'):
    tokenizer = Tokenizer(models.WordPiece(unk_token=unk))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=400, special_tokens=special, show_progress=False))
    return tokenizer


def template(tokenizer, start, end):
    special = [(x, tokenizer.token_to_id(x)) for x in {start, end} if x]
    within = lambda a: [x for x in (start, a, end) if x]
    tokenizer.post_processor = processors.TemplateProcessing(single=' '.join(within('$A')), pair=' '.join(within('$A') + ([end] if end else []) + ['$B'] + ([end] if end else [])), special_tokens=special)
SIZES = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2)
ROBERTA_TOKENS = ['<s>', '<pad>', '</s>', '<unk>', '<mask>']
BERT_TOKENS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']


def roberta():
    tokenizer = byte_level(ROBERTA_TOKENS)
    tokenizer.post_processor = processors.RobertaProcessing(('</s>', 2), ('<s>', 0), add_prefix_space=False)
    return (tokenizer, RobertaTokenizer, dict(bos_token='<s>', eos_token='</s>', sep_token='</s>', cls_token='<s>', unk_token='<unk>', pad_token='<pad>', mask_token='<mask>', model_max_length=64), RobertaConfig(vocab_size=tokenizer.get_vocab_size(), max_position_embeddings=66, type_vocab_size=1, **SIZES), RobertaModel, {}, False)


def xlm_roberta():
    tokenizer = unigram(ROBERTA_TOKENS, '<unk>')
    template(tokenizer, '<s>', '</s>')
    return (tokenizer, XLMRobertaTokenizer, dict(bos_token='<s>', eos_token='</s>', sep_token='</s>', cls_token='<s>', unk_token='<unk>', pad_token='<pad>', mask_token='<mask>', model_max_length=64), XLMRobertaConfig(vocab_size=tokenizer.get_vocab_size(), max_position_embeddings=66, type_vocab_size=1, **SIZES), XLMRobertaModel, {}, False)


def distilbert():
    tokenizer = wordpiece(BERT_TOKENS)
    template(tokenizer, '[CLS]', '[SEP]')
    return (tokenizer, PreTrainedTokenizerFast, dict(unk_token='[UNK]', pad_token='[PAD]', cls_token='[CLS]', sep_token='[SEP]', mask_token='[MASK]', model_max_length=40), DistilBertConfig(vocab_size=tokenizer.get_vocab_size(), dim=16, hidden_dim=24, n_layers=2, n_heads=2, max_position_embeddings=64), DistilBertModel, {'pooling_mode': 'cls'}, False)


def mpnet():
    tokenizer = wordpiece(ROBERTA_TOKENS, '<unk>')
    tokenizer.post_processor = processors.RobertaProcessing(('</s>', 2), ('<s>', 0))
    return (tokenizer, PreTrainedTokenizerFast, dict(bos_token='<s>', eos_token='</s>', sep_token='</s>', cls_token='<s>', unk_token='<unk>', pad_token='<pad>', mask_token='<mask>', model_max_length=64), MPNetConfig(vocab_size=tokenizer.get_vocab_size(), max_position_embeddings=66, **SIZES), MPNetModel, {}, True)


def albert():
    tokenizer = unigram(['<pad>', '<unk>', '[CLS]', '[SEP]', '[MASK]'], '<unk>')
    template(tokenizer, '[CLS]', '[SEP]')
    return (tokenizer, PreTrainedTokenizerFast, dict(unk_token='<unk>', pad_token='<pad>', cls_token='[CLS]', sep_token='[SEP]', mask_token='[MASK]'), AlbertConfig(vocab_size=tokenizer.get_vocab_size(), embedding_size=8, max_position_embeddings=64, **SIZES), AlbertModel, {'pooling_mode': 'weightedmean'}, False)


def electra():
    tokenizer = wordpiece(BERT_TOKENS)
    template(tokenizer, '[CLS]', '[SEP]')
    return (tokenizer, PreTrainedTokenizerFast, dict(unk_token='[UNK]', pad_token='[PAD]', cls_token='[CLS]', sep_token='[SEP]', mask_token='[MASK]'), ElectraConfig(vocab_size=tokenizer.get_vocab_size(), embedding_size=8, max_position_embeddings=64, **SIZES), ElectraModel, {'pooling_mode': 'max'}, False)


def modernbert():
    tokenizer = byte_level(['[UNK]', '[CLS]', '[SEP]', '[PAD]', '[MASK]'])
    template(tokenizer, '[CLS]', '[SEP]')
    return (tokenizer, PreTrainedTokenizerFast, dict(unk_token='[UNK]', pad_token='[PAD]', cls_token='[CLS]', sep_token='[SEP]', mask_token='[MASK]', model_max_length=64), ModernBertConfig(vocab_size=tokenizer.get_vocab_size(), pad_token_id=3, bos_token_id=1, eos_token_id=2, cls_token_id=1, sep_token_id=2, local_attention=8, max_position_embeddings=64, **SIZES), ModernBertModel, {}, False)


def qwen3():
    tokenizer = byte_level(['<|endoftext|>'])
    template(tokenizer, None, '<|endoftext|>')
    return (tokenizer, PreTrainedTokenizerFast, dict(eos_token='<|endoftext|>', pad_token='<|endoftext|>', padding_side='left', model_max_length=64), Qwen3Config(vocab_size=tokenizer.get_vocab_size(), head_dim=8, num_key_value_heads=1, max_position_embeddings=64, pad_token_id=0, **SIZES), Qwen3Model, {'pooling_mode': 'lasttoken'}, False)


def t5():
    tokenizer = unigram(['<pad>', '</s>', '<unk>'], '<unk>')
    template(tokenizer, None, '</s>')
    return (tokenizer, PreTrainedTokenizerFast, dict(eos_token='</s>', unk_token='<unk>', pad_token='<pad>', model_max_length=64), T5Config(vocab_size=tokenizer.get_vocab_size(), d_model=16, d_kv=8, d_ff=24, num_layers=2, num_heads=2, feed_forward_proj='gated-gelu'), T5EncoderModel, {}, True)


FAMILIES = {f.__name__: f for f in (roberta, xlm_roberta, distilbert, mpnet, albert, electra, modernbert, qwen3, t5)}


def folder(path, make):
    """A folder as sentence-transformers saves it, with weights whose numbers follow from their names."""
    made, kind, special, config, model, pooling, dense = make()
    plain = path + "-plain"
    os.makedirs(plain)
    PreTrainedTokenizerFast(tokenizer_object=made, **special).save_pretrained(plain)
    if kind is not PreTrainedTokenizerFast:
        place = f"{plain}/tokenizer_config.json"
        settings = json.load(open(place))
        settings["tokenizer_class"] = kind.__name__
        json.dump(settings, open(place, "w"))
    model(config).save_pretrained(plain)
    transformer = M.Transformer(plain)
    modules = [transformer, M.Pooling(transformer.get_embedding_dimension(), **pooling)] + ([M.Dense(16, 12)] if dense else []) + [M.Normalize()]
    prompts = {"prompts": {"query": "find: "}, "default_prompt_name": "query"} if kind is RobertaTokenizer else {}
    SentenceTransformer(modules=modules, **prompts).save(path)
    weights = {}
    for file in glob.glob(f"{path}/**/*.safetensors", recursive=True):
        with safe_open(file, "np") as stored_file:
            shapes = {name: stored_file.get_slice(name).get_shape() for name in stored_file.keys()}
        weights[os.path.relpath(file, path)] = stored(shapes)
        save(file, weights[os.path.relpath(file, path)])
    files = {os.path.relpath(f, path): json.load(open(f)) for f in glob.glob(f"{path}/**/*.json", recursive=True)}
    return files, weights


def main(out):
    cases = []
    for name, make in FAMILIES.items():
        with tempfile.TemporaryDirectory() as place:
            files, weights = folder(f"{place}/{name}", make)
            peer = SentenceTransformer(f"{place}/{name}", device="cpu").double()
            embeddings = peer.encode(TEXTS, batch_size=32, convert_to_numpy=True)
        cases.append({"name": name, "files": files, "weights": weights, "texts": TEXTS, "embeddings": [[float(f"{x:.9g}") for x in row] for row in embeddings]})
        print(name, embeddings.shape)
    with open(f"{out}/families.json", "w") as file:
        file.write('{"cases": [\n' + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]}\n")


if __name__ == "__main__":
    main(sys.argv[1])
