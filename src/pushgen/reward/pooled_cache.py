"""Vectors of texts that were read before, for a service that is asked about the same candidates again."""

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor

from pushgen.reward.tokens import Ids

LIMIT = 8192
"""Texts that are remembered by default: about 13 MB for the packaged encoder."""


class PooledCache:
    """The vectors of the texts that were used last, by their token ids, which are the content that a network reads.

    A vector may differ in its last bit from one read in another batch. So that a resumed run gives the same bytes as an
    unbroken one, models have no cache of their own: who answers requests gives them one.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self.misses = 0
        """Texts that had to be read so far."""
        self._rows: OrderedDict[Ids, Tensor] = OrderedDict()

    def __len__(self) -> int:
        return len(self._rows)

    def missing(self, ids: Sequence[Ids]) -> list[Ids]:
        """The texts without a vector, each once."""
        return [one for one in dict.fromkeys(ids) if one not in self._rows]

    def put(self, ids: Sequence[Ids], pooled_TD: Tensor) -> None:
        """Remembers vectors; forgets nothing until `take`."""
        self.misses += len(ids)
        self._rows.update(zip(ids, pooled_TD.unbind(0), strict=True))

    def take(self, ids: Sequence[Ids]) -> Tensor:
        """The vectors of texts that all have one, (T, D); then the ones used longest ago are forgotten."""
        for one in ids:
            self._rows.move_to_end(one)
        found = torch.stack([self._rows[one] for one in ids])
        while len(self._rows) > self.limit:
            self._rows.popitem(last=False)
        return found
