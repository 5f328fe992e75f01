"""Drawing texts from the model: step by step, many at once, each from its own seed.

The text of a request does not depend on its batch. Its random numbers come from its own seed, and a batch always has
the same shape: `DecodeConfig.batch` rows, the source padded to a multiple of `BUCKET` that its own length decides. The
arithmetic of a row is then the same in every batch, to the last bit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pushgen.generation.seq2seq.config import DecodeConfig
from pushgen.generation.seq2seq.grounding import Grounding, Word, WordTree
from pushgen.generation.seq2seq.model import PAD, Seq2Seq

BUCKET = 32


@dataclass(frozen=True, slots=True)
class Job:
    """One text to draw."""

    source: list[int]
    control: int
    seed: int


class Drawer:
    """Draws token sequences."""

    def __init__(
        self,
        model: Seq2Seq,
        config: DecodeConfig,
        *,
        end: int,
        max_tokens: int,
        max_source: int,
        common: Iterable[Word],
        once_only: Sequence[int],
        opens: Sequence[bool],
    ) -> None:
        """The words of `common` need no source (`grounding.py`), the tokens of `once_only` come once in a text.

        `opens` tells of each token whether it begins a word.
        """
        self._model, self._config, self._end = model, config, end
        self._max_tokens, self._max_source = max_tokens, max_source
        size = model.embedding.num_embeddings
        self._common = WordTree(common)
        self._once = torch.zeros(size, dtype=torch.bool)
        if config.once:
            self._once[list(once_only)] = True
        self._opens = list(opens)

    def draw(self, jobs: Sequence[Job]) -> list[list[int] | None]:
        """The tokens of each job without the end token, None where the text did not end in time."""
        groups: dict[int, list[int]] = {}
        for place, job in enumerate(jobs):
            groups.setdefault(self._padded(len(job.source)), []).append(place)
        found: list[list[int] | None] = [None] * len(jobs)
        for length, places in sorted(groups.items()):
            for start in range(0, len(places), self._config.batch):
                chunk = places[start : start + self._config.batch]
                texts = self._batch([jobs[place] for place in chunk], length)
                for place, text in zip(chunk, texts, strict=True):
                    found[place] = text
        return found

    def _padded(self, length: int) -> int:
        return min(-(-max(length, 1) // BUCKET) * BUCKET, self._max_source)

    @torch.inference_mode()
    def _batch(self, jobs: Sequence[Job], length: int) -> list[list[int] | None]:
        rows = self._config.batch
        filled = [*jobs, *[jobs[0]] * (rows - len(jobs))]
        source = torch.full((rows, length), PAD)
        for row, job in enumerate(filled):
            tokens = job.source[:length]
            source[row, : len(tokens)] = torch.tensor(tokens)
        control = torch.tensor([job.control for job in filled])
        chance = np.stack([np.random.default_rng(job.seed).random(self._max_tokens) for job in filled])
        sources = [job.source[:length] for job in filled]
        grounding = Grounding(sources, self._common, self._opens, self._end) if self._config.grounded else None
        fresh = torch.ones((rows, len(self._opens)), dtype=torch.bool)
        fresh[:, PAD] = False
        texts: list[list[int]] = [[] for _ in jobs]
        running = set(range(len(jobs)))
        state = self._model.start(source, control)
        written, before = control, torch.full_like(control, -2)
        for step in range(self._max_tokens):
            allowed = fresh if grounding is None else grounding.allowed() & fresh
            weights = self._model.step(state, written, before).masked_fill(~allowed, 0.0)
            if step < self._config.min_tokens:
                weights[:, self._end] = 0.0
            self._forbid_repeats(weights, texts)
            chosen = self._choose(weights, torch.from_numpy(chance[:, step]))
            before, written = written, chosen
            if grounding is not None:
                grounding.write(chosen.tolist())
            spent = self._once[chosen]
            fresh[spent.nonzero().squeeze(1), chosen[spent]] = False
            dead = weights.sum(1) == 0  # the only word that could follow was spent
            for row in list(running):
                token = self._end if bool(dead[row]) else int(chosen[row])
                if token == self._end:
                    running.discard(row)
                else:
                    texts[row].append(token)
            if not running:
                break
        return [None if row in running else text for row, text in enumerate(texts)]

    def _forbid_repeats(self, weights_BV: Tensor, texts: Sequence[list[int]]) -> None:
        size = self._config.no_repeat
        if not size:
            return
        for row, text in enumerate(texts):
            if len(text) < size:
                continue
            tail = text[len(text) - size + 1 :]
            for start in range(len(text) - size + 1):
                if text[start : start + size - 1] == tail and self._opens[text[start + size - 1]]:
                    weights_BV[row, text[start + size - 1]] = 0.0

    def _choose(self, weights_BV: Tensor, chance_B: Tensor) -> Tensor:
        """One token per row: the most probable, or a draw from the nucleus (Holtzman et al., 2020)."""
        config = self._config
        best, tokens = weights_BV.topk(min(config.top_k, weights_BV.shape[1]), dim=1)
        if config.temperature == 0:
            return tokens[:, 0]
        share = best.double()
        share = share / share.sum(1, keepdim=True).clamp(min=1e-30)
        # A token belongs to the nucleus while those before it hold less than top_p.
        share = share.masked_fill(share.cumsum(1) - share >= config.top_p, 0.0) ** (1.0 / config.temperature)
        cumulated = share.cumsum(1)
        target = chance_B[:, None] * cumulated[:, -1:]
        place = (cumulated <= target).sum(1).clamp(max=tokens.shape[1] - 1)
        return tokens.gather(1, place[:, None]).squeeze(1)
