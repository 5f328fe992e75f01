"""When to stop asking a server that does not answer."""

import threading


class Health:
    """How many requests in a row a server left without an answer. Safe to use from several threads."""

    def __init__(self, give_up: int) -> None:
        """`give_up` is the number from which on the server counts as lost."""
        self._give_up, self._lost, self._lock = give_up, 0, threading.Lock()

    def record(self, *, answered: bool) -> None:
        with self._lock:
            self._lost = 0 if answered else self._lost + 1

    @property
    def is_lost(self) -> bool:
        with self._lock:
            return self._lost >= self._give_up
