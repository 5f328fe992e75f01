"""Texts to token ids: cleaned the same way in training and in use, cut at a limit, the cuts counted."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

CHARACTERS_PER_TOKEN = 64
"""A text is clipped at this many characters per token that is read: a huge text costs no more than a long one."""
Ids = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tokenised:
    """Token ids of some texts."""

    ids: list[Ids]
    """With the special tokens at both ends, so never empty."""
    truncated: list[bool]
    """Whether a text was longer than the limit and lost its end."""


def tokenise(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], max_tokens: int) -> Tokenised:
    """Ids of each text, at most `max_tokens` of them with the special tokens.

    Runs of white space count as one space. Lone surrogates, which no UTF-8 text has, become question marks.
    """
    if not texts:
        return Tokenised([], [])
    limit = max_tokens * CHARACTERS_PER_TOKEN
    heads = [text[: limit + 1] for text in texts]
    clean = [" ".join(head.split()).encode("utf-8", "replace").decode("utf-8") for head in heads]
    # One token more than is read tells a text that was cut from one that just fits.
    found: list[list[int]] = tokenizer(clean, truncation=True, max_length=max_tokens + 1, padding=False)["input_ids"]
    ids = [tuple(one) if len(one) <= max_tokens else (*one[: max_tokens - 1], one[-1]) for one in found]
    cut = [len(one) > max_tokens or len(head) > limit for one, head in zip(found, heads, strict=True)]
    return Tokenised(ids, cut)


def with_captions(
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    captions: Sequence[str | None],
    max_tokens: int,
    caption_tokens: int,
) -> Tokenised:
    """Ids of each text, followed by the first `caption_tokens` of its caption and a separator where it has one.

    Only the cuts of the texts are reported: the beginning of a caption is all that is ever read of it.
    """
    own = tokenise(tokenizer, texts, max_tokens)
    if not caption_tokens:
        return own
    known = [caption for caption in dict.fromkeys(captions) if caption and caption.strip()]
    heads = dict(zip(known, tokenise(tokenizer, known, caption_tokens + 2).ids, strict=True))
    ids = [
        (*one, *heads[caption][1:]) if caption in heads else one for one, caption in zip(own.ids, captions, strict=True)
    ]
    return Tokenised(ids, own.truncated)


def pad(ids: Sequence[Ids], padding: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Ids padded on the right and their mask (True where there is a token), both of shape (T, L)."""
    longest = max(len(one) for one in ids)
    ids_TL = torch.full((len(ids), longest), padding, dtype=torch.long)
    mask_TL = torch.zeros((len(ids), longest), dtype=torch.bool)
    for row, one in enumerate(ids):
        ids_TL[row, : len(one)] = torch.tensor(one, dtype=torch.long)
        mask_TL[row, : len(one)] = True
    return ids_TL.to(device), mask_TL.to(device)
