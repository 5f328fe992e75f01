"""Lists of texts as token ids: every distinct text and caption once, lists as numbers of texts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

from pushgen.reward.settings import UtilityConfig
from pushgen.reward.tokens import Ids, tokenise, with_captions

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLists:
    """G lists over T distinct texts."""

    texts: list[Ids]
    """Sorted, so that the same lists give the same numbers in whatever order they come. For `score` with the caption
    behind the text."""
    members: list[Rows]
    """Numbers of the texts of each list, in its order; texts whose tokens are equal have the same number."""
    captions: list[Ids]
    """Distinct captions that a `list` attends to; of `score` none."""
    caption: list[int]
    """Number of each list's caption, -1 where it has none."""


def token_lists(
    tokenizer: PreTrainedTokenizerBase,
    lists: Sequence[Sequence[str]],
    captions: Sequence[str | None],
    config: UtilityConfig,
    kind: str,
) -> TokenLists:
    """Reads lists of texts and one caption (or None) per list. Raises `ValueError` where their numbers differ."""
    if len(lists) != len(captions):
        raise ValueError(f"expected one caption or None per list, found {len(captions)} for {len(lists)}")
    given = [caption if config.caption_tokens and caption and caption.strip() else None for caption in captions]
    behind = given if kind == "score" else [None] * len(given)
    keys = list(dict.fromkeys((text, caption) for texts, caption in zip(lists, behind, strict=True) for text in texts))
    texts_read, captions_read = [text for text, _ in keys], [caption for _, caption in keys]
    read = with_captions(tokenizer, texts_read, captions_read, config.max_tokens, config.caption_tokens).ids
    ordered = sorted(set(read))
    place = {ids: number for number, ids in enumerate(ordered)}
    number = {key: place[ids] for key, ids in zip(keys, read, strict=True)}
    apart = sorted({caption for caption in given if caption}) if kind == "list" else []
    heads = tokenise(tokenizer, apart, config.caption_tokens + 2).ids
    distinct_heads = sorted(set(heads))
    head_place = {ids: index for index, ids in enumerate(distinct_heads)}
    head_of = {caption: head_place[ids] for caption, ids in zip(apart, heads, strict=True)}
    return TokenLists(
        texts=ordered,
        members=[
            np.array([number[text, caption] for text in texts], np.int64)
            for texts, caption in zip(lists, behind, strict=True)
        ],
        captions=distinct_heads,
        caption=[head_of.get(caption, -1) if caption else -1 for caption in given],
    )
