"""Progress and words for people, on standard error only; standard output belongs to results."""

import sys
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

T = TypeVar("T")
QUIET_SECONDS = 2.0
"""A job shorter than this shows nothing."""


class Bar(Protocol):
    """What a stage reports its progress to."""

    def advance(self, amount: int = 1) -> None: ...
    def note(self, text: str) -> None: ...


def say(text: str) -> None:
    """One line for a person."""
    print(text, file=sys.stderr, flush=True)


class _TerminalBar:
    """A bar with time left that appears once the job has lasted `QUIET_SECONDS`."""

    def __init__(self, description: str, total: int | None) -> None:
        self._description, self._total, self._done = description, total, 0
        self._started = time.monotonic()
        self._note = ""
        self._progress: object | None = None
        self._task = 0

    def advance(self, amount: int = 1) -> None:
        self._done += amount
        if self._progress is None and time.monotonic() - self._started > QUIET_SECONDS:
            self._show()
        if self._progress is not None:
            self._progress.update(self._task, completed=self._done, note=self._note)  # type: ignore[attr-defined]

    def note(self, text: str) -> None:
        self._note = text
        self.advance(0)

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
        )
        self._task = progress.add_task(self._description, total=self._total, note=self._note)
        progress.start()

    def close(self) -> None:
        if self._progress is not None:
            self._progress.stop()  # type: ignore[attr-defined]


class _LineBar:
    """For logs and pipes: a line every `interval` seconds with the share done and the time left."""

    def __init__(self, description: str, total: int | None, interval: float = 15.0) -> None:
        self._description, self._total, self._done, self._note = description, total, 0, ""
        self._interval = interval
        self._started = self._last = time.monotonic()

    def advance(self, amount: int = 1) -> None:
        self._done += amount
        now = time.monotonic()
        if now - self._last >= self._interval:
            self._last = now
            left = ""
            if self._total and self._done:
                left = f", {(now - self._started) * (self._total - self._done) / self._done:.0f} s left"
            of = f" of {self._total}" if self._total else ""
            say(f"{self._description}: {self._done}{of}{left} {self._note}".rstrip())

    def note(self, text: str) -> None:
        self._note = text

    def close(self) -> None:
        return None


@contextmanager
def bar(description: str, total: int | None = None) -> Generator[Bar]:
    """A progress bar for the block; silent for short jobs, one line now and then where there is no terminal."""
    shown = _TerminalBar(description, total) if sys.stderr.isatty() else _LineBar(description, total)
    try:
        yield shown
    finally:
        shown.close()


def track(items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
    """The items, with a bar."""
    if total is None and hasattr(items, "__len__"):
        total = len(items)  # type: ignore[arg-type]
    with bar(description, total) as shown:
        for item in items:
            yield item
            shown.advance()
