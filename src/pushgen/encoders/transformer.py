"""A transformer encoder with mean pooling, from a local folder or the hub.

Reimers and Gurevych, Sentence-BERT (2019), section 3: the mean of the token vectors, here at unit length.
This module is imported lazily: it needs torch and transformers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from pushgen.encoders.batches import length_batches
from pushgen.encoders.packaged import DISTRIBUTION, packaged_minilm_folder
from pushgen.errors import ConfigurationError, InputError, MissingExtraError
from pushgen.manifest import hash_file
from pushgen.progress import bar
from pushgen.protocols import Floats

TOKENISE_AT_ONCE = 4096
CHARACTERS_PER_TOKEN = 64
"""A text is clipped at this many characters per token that is read: a megabyte of text is not tokenised in vain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformerEncoderConf:
    """How a transformer encodes."""

    max_tokens: int = 256
    """Tokens of a text that are read; what follows is left out. Bounded by the model's positions."""
    batch_tokens: int = 8192
    """Padded size of a batch, in tokens."""
    pooling: Literal["mean", "cls"] = "mean"
    """How token vectors become one: their mean, or the first. Follow the model's card."""
    device: str = "auto"
    """`cpu`, `cuda`, or `auto`: CUDA where there is one."""
    reduced_precision: bool = False
    """bfloat16 autocast: about twice as fast on a CPU, rows then agree to about 1e-2 only."""


class HubEncoder:
    """Any encoder that transformers can load: a local folder, or the name of a hub model.

    Only safetensors weights are read, and no code that comes with a model is run.
    """

    def __init__(self, name: str | Path, config: TransformerEncoderConf | None = None, *, label: str | None = None):
        self.config = config or TransformerEncoderConf()
        if self.config.max_tokens < 3 or self.config.batch_tokens < 1:
            raise ConfigurationError(
                f"max_tokens must be at least 3 and batch_tokens at least 1, found {self.config.max_tokens} "
                f"and {self.config.batch_tokens}"
            )
        self._tokenizer, self._model = _load(str(name))
        self._torch = _torch()
        device = self.config.device
        if device == "auto":
            device = "cuda" if self._torch.cuda.is_available() else "cpu"
        self._device = self._torch.device(device)
        self._model.to(self._device).eval()
        # RoBERTa numbers its positions from the padding index + 1, which costs two places.
        positions = int(getattr(self._model.config, "max_position_embeddings", None) or 1 << 30)
        spare = 2 if self._model.config.model_type in {"roberta", "xlm-roberta", "camembert", "mpnet"} else 0
        self.max_tokens = min(self.config.max_tokens, positions - spare)
        self.dimension = int(self._model.config.hidden_size)
        self.name = "-".join(
            [
                label or _identity(name),
                f"{self.config.pooling}{self.max_tokens}",
                *(["bf16"] if self.config.reduced_precision else []),
            ]
        )

    def encode(self, texts: Sequence[str]) -> Floats:
        """Unit-length rows in float32, shape (len(texts), dimension). Empty texts are encoded as such."""
        rows = np.zeros((len(texts), self.dimension), np.float32)
        with bar("Encoding texts", len(texts)) as shown:
            for start in range(0, len(texts), TOKENISE_AT_ONCE):
                ids = self._tokenise(texts[start : start + TOKENISE_AT_ONCE])
                for batch in length_batches([len(one) for one in ids], self.config.batch_tokens):
                    rows[[start + index for index in batch]] = self._forward([ids[index] for index in batch])
                    shown.advance(len(batch))
        return rows

    def _tokenise(self, texts: Sequence[str]) -> list[list[int]]:
        limit = self.max_tokens * CHARACTERS_PER_TOKEN
        # A lone surrogate, which a JSON escape can make, is not valid UTF-8 and the tokenizer would refuse it.
        clipped = [text[:limit].encode("utf-8", "replace").decode("utf-8") for text in texts]
        return self._tokenizer(clipped, truncation=True, max_length=self.max_tokens, padding=False)["input_ids"]

    def _forward(self, ids: Sequence[Sequence[int]]) -> Floats:
        torch = self._torch
        longest = max(len(one) for one in ids)
        ids_BL = torch.full((len(ids), longest), self._tokenizer.pad_token_id or 0, dtype=torch.long)
        mask_BL = torch.zeros((len(ids), longest), dtype=torch.long)
        for place, one in enumerate(ids):
            ids_BL[place, : len(one)] = torch.tensor(one, dtype=torch.long)
            mask_BL[place, : len(one)] = 1
        ids_BL, mask_BL = ids_BL.to(self._device), mask_BL.to(self._device)
        with (
            torch.inference_mode(),
            torch.autocast(self._device.type, torch.bfloat16, enabled=self.config.reduced_precision),
        ):
            hidden_BLD = self._model(input_ids=ids_BL, attention_mask=mask_BL).last_hidden_state.float()
        if self.config.pooling == "cls":
            pooled_BD = hidden_BLD[:, 0]
        else:
            weight_BL1 = mask_BL.unsqueeze(-1).float()
            pooled_BD = (hidden_BLD * weight_BL1).sum(1) / weight_BL1.sum(1).clamp(min=1.0)
        return torch.nn.functional.normalize(pooled_BD, dim=-1).cpu().numpy()


class MiniLMEncoder(HubEncoder):
    """all-MiniLM-L6-v2 from its wheel: 384 dimensions, English, no network."""

    def __init__(self, config: TransformerEncoderConf | None = None) -> None:
        folder = packaged_minilm_folder()
        if folder is None:
            raise MissingExtraError(DISTRIBUTION, "offline", "the packaged encoder")
        super().__init__(folder, config, label="minilm-l6-v2")


def _identity(name: str | Path) -> str:
    """The model's name; a local one with a part of its weights' hash, since folders are overwritten."""
    weights = Path(name) / "model.safetensors"
    return f"{Path(name).name}@{hash_file(weights)[:12]}" if weights.is_file() else str(name)


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError("torch", "train", "a transformer encoder") from error
    return torch


def _load(name: str) -> tuple[Any, Any]:
    try:
        from transformers import AutoModel, AutoTokenizer
    except ImportError as error:
        raise MissingExtraError("transformers", "train", "a transformer encoder") from error
    from transformers.utils import logging

    torch = _torch()
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        # Pooler weights that a masked language model lacks are never used here.
        tokenizer = AutoTokenizer.from_pretrained(name)
        model = AutoModel.from_pretrained(name, use_safetensors=True, dtype=torch.float32)
    except (OSError, ValueError) as error:
        raise InputError(
            file=name,
            expected="a model folder with config.json, model.safetensors and a tokenizer, or the name of a hub model",
            found=str(error).strip().splitlines()[0],
            remedy="Check the name; without a network use `minilm`, `ngrams`, or a folder fetched elsewhere.",
        ) from error
    finally:
        if bars:
            logging.enable_progress_bar()
    return tokenizer, model
