"""Small real generators for tests: a grammar to learn from, a sequence-to-sequence model, a random causal model."""

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import polars as pl

from pushgen.generation.collapse import CollapseConfig
from pushgen.generation.corpus import read_rows
from pushgen.generation.seq2seq.config import DecodeConfig, ModelConfig, Seq2SeqConfig
from pushgen.generation.seq2seq.generator import Seq2SeqGenerator
from pushgen.tables import CORPUS
from pushgen.training.loop import LoopConfig

STYLES = ("plain", "suspense", "question")
FRAMES = {
    "plain": "{who} opened {what} in {where}",
    "suspense": "Nobody expected {what} from {who}. Then this happened",
    "question": "Have you heard of {what} in {where}?",
}
THINGS = ("a bakery", "a night school", "a boat club", "a puppet theatre", "a repair shop", "a tea house")
_START = (
    "Bel",
    "Tor",
    "Mar",
    "Lun",
    "Kes",
    "Ow",
    "Dra",
    "Fin",
    "Hol",
    "Jas",
    "Nor",
    "Pel",
    "Quen",
    "Ras",
    "Sil",
    "Vel",
)
_END = ("ana", "rick", "ota", "wen", "dale", "mir", "ston", "ira", "lund", "vek", "by", "ford", "ax", "ello", "ette")


def name(rng: random.Random) -> str:
    """An invented name; few come twice."""
    return rng.choice(_START) + rng.choice(_END) + rng.choice(("", rng.choice(_END)))


def row(number: int, rng: random.Random) -> dict[str, object]:
    """One row of a corpus: the push frames facts of its caption in its style."""
    style = STYLES[number % len(STYLES)]
    facts = {"who": name(rng), "what": rng.choice(THINGS), "where": name(rng)}
    return {
        "push_id": f"p{number}",
        "content_id": f"c{number}",
        "caption": "In {where} people met on Monday. {who} opened {what} there after years of work.".format(**facts),
        "text": FRAMES[style].format(**facts),
        "style": style,
        "language": "en",
        "weight": 0.3 + 0.7 * rng.random(),
    }


def corpus(rows: int, seed: int = 0) -> pl.DataFrame:
    rng = random.Random(seed)
    return CORPUS.conform(pl.DataFrame([row(number, rng) for number in range(rows)]))


def small(epochs: int = 10, *, checked: bool = True) -> Seq2SeqConfig:
    """A model that learns the grammar in seconds."""
    figures = CollapseConfig() if checked else CollapseConfig(min_distinct=0, min_specificity=0, max_failed=1)
    return Seq2SeqConfig(
        model=ModelConfig(
            vocabulary=500, width=64, hidden=128, heads=2, encoder_layers=1, decoder_layers=1, dropout=0.0,
            max_source=64, max_target=40,
        ),
        loop=LoopConfig(epochs=epochs, learning_rate=4e-3, warmup_share=0.1, bf16="no"),
        decode=DecodeConfig(batch=8),
        collapse=figures,
    )  # fmt: skip


@cache
def seq2seq() -> Seq2SeqGenerator:
    """A sequence-to-sequence model that has learnt the grammar; trained once per process."""
    import torch

    from pushgen.generation.seq2seq.train import train

    # Threads cost such small matrices more than they give, the more so beside other tests.
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return train(read_rows(corpus(900), 0.1), small()).generator
    finally:
        torch.set_num_threads(before)


def save_causal(folder: Path, texts: Sequence[str] = (), width: int = 32) -> str:
    """A tiny random causal model with a byte-level tokenizer and a chat template, saved as any hub model is.

    `texts` give the tokenizer words to learn: prompts then have a fifth of the tokens.
    """
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters, special = sorted(pre_tokenizers.ByteLevel.alphabet()), ["<pad>", "<end>", "<turn>"]
    tokenizer = Tokenizer(models.BPE(vocab={t: n for n, t in enumerate([*special, *letters])}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    if texts:
        trainer = trainers.BpeTrainer(
            vocab_size=1500, special_tokens=special, initial_alphabet=letters, show_progress=False
        )
        tokenizer.train_from_iterator(texts, trainer)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<end>", additional_special_tokens=["<turn>"]
    )
    fast.chat_template = (
        "{% for m in messages %}<turn>{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
        "{% if add_generation_prompt %}<turn>push: {% endif %}"
    )
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=width, intermediate_size=2 * width, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=1024, pad_token_id=0, eos_token_id=1,
        bos_token_id=None,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return str(folder)
