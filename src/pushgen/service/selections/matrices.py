"""Win probabilities that were computed already: choosing again among the same texts asks no model."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from pushgen.protocols import Floats, RewardModel
from pushgen.records import Candidate, Content
from pushgen.selection import win_matrices

MOST = 5_000
"""Contents remembered: some kilobytes each, those looked at last."""
_Key = tuple[str | None, tuple[str, ...]]


class Matrices:
    """Of one reward model. Safe to share between threads; what is asked for twice at once may be computed twice."""

    def __init__(self, most: int = MOST) -> None:
        self._most, self._lock = most, threading.Lock()
        self._known: OrderedDict[_Key, Floats] = OrderedDict()

    def of(self, content: Content, field: Sequence[Candidate], reward: RewardModel) -> Floats:
        """p[i, j] that candidate i beats candidate j, shape (K, K); not to be changed."""
        key = (content.caption, tuple(candidate.text for candidate in field))
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        (p_win,) = win_matrices([(content, field)], reward)
        p_win.setflags(write=False)
        with self._lock:
            self._known[key] = p_win
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return p_win
