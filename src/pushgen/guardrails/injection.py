"""A push is no echo: not of instructions in a caption, not of the prompt, not of an assistant's talk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pushgen.guardrails.finding import Remedy, scan
from pushgen.guardrails.patterns import find
from pushgen.guardrails.source import Source, source_of, squeeze
from pushgen.records import Candidate, Content, Severity, Verdict
from pushgen.text.segment import words

COURTESY = "an assistant's courtesies"
"""The kind in `words/injection.toml` that a story may hold too."""
_RUN = 6
"""Words in a row that are a copy of the prompt's task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InjectionRule:
    """Blocks candidates that repeat instructions, the prompt or a chat model's talk, English and Chinese.

    What a caption says is data to every rule; this one sees whether a generator took it for more. A courtesy
    ("let me know if you ...") that stands in the source is the story's, not an assistant's, and passes.
    """

    severity: Severity = Severity.BLOCK
    prompt: str = ""
    """The task that generators are given; six words of it in a row are an echo."""
    remedy: Remedy | None = None
    rule: str = "injection"
    _runs: frozenset[tuple[str, ...]] = field(init=False, default=frozenset(), repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_runs", frozenset(run for run, _, _ in _word_runs(self.prompt)))

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        source = source_of(content.source_text, content.language)
        return scan(self, candidates, lambda text: self._look(text, source))

    def _look(self, text: str, source: Source) -> Iterator[tuple[int, int, str]]:
        for kind, match in find("injection", text):
            if kind == COURTESY and squeeze(match.group()) in source.squeezed:
                continue
            yield match.start(), match.end(), kind
        if self._runs:
            for run, start, end in _word_runs(text):
                if run in self._runs:
                    yield start, end, "repeats the prompt"
                    return


def _word_runs(text: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
    spans = words(text)
    for index in range(len(spans) - _RUN + 1):
        run = spans[index : index + _RUN]
        yield tuple(span.text.lower() for span in run), run[0].start, run[-1].end
