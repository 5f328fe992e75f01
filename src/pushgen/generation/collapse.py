"""Whether a trained generator still writes about its contents, or one text for all of them.

Two figures are taken from texts written for contents that were never trained on, in one style each:
the share of distinct texts, and the specificity: how many more of the source's own words a text shares with its own
source than with the source of another content.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pushgen.errors import CollapsedModelError, ConfigurationError
from pushgen.protocols import GenerationRequest, Generator
from pushgen.records import Candidate, Content
from pushgen.text.segment import words


@dataclass(frozen=True, slots=True, kw_only=True)
class CollapseConfig:
    """When a model is refused."""

    contents: int = 200
    """Held-out contents to write for."""
    min_distinct: float = 0.8
    """Least share of distinct texts. Contents that differ deserve texts that differ. Chosen: a collapsed model writes a
    handful of texts for all contents, so the exact place between a handful and all matters little."""
    min_specificity: float = 0.08
    """Least share of a text's words that its own source has and another source lacks. A text that could stand under any
    content has about 0; -1 asks for nothing. A model may write distinct texts that have nothing to do with their
    contents; only this figure sees it. Chosen: on Upworthy a model of distinct but meaningless texts had 0.016
    (`benchmarks/upworthy.py`)."""
    max_failed: float = 0.5
    """Largest share of requests without a text."""

    def __post_init__(self) -> None:
        shares = all(0 <= value <= 1 for value in (self.min_distinct, self.max_failed))
        if self.contents < 2 or not shares or not -1 <= self.min_specificity <= 1:
            raise ConfigurationError(f"collapse: a value lies outside its range: {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CollapseReport:
    """What was found."""

    contents: int
    distinct: float
    """Distinct texts over texts."""
    specificity: float
    """Mean of: share of a text's words found in its own source, minus the same for another content's source."""
    failed: float
    """Requests without a text over requests."""
    commonest: str
    """The text that was written most often."""
    commonest_share: float
    failures: Mapping[str, int]
    """Requests without a text, by reason."""


def measure(
    generator: Generator, contents: Sequence[Content], styles: Sequence[str], *, seed: int = 0
) -> CollapseReport:
    """Writes one text per content, the styles taken in turn, and measures them."""
    requests = [
        GenerationRequest(content=content, style=styles[place % len(styles)], seed=seed)
        for place, content in enumerate(contents)
    ]
    texts: list[str] = []
    sources: list[frozenset[str]] = []
    failures: dict[str, int] = {}
    for request, outcome in zip(requests, generator.generate(requests), strict=True):
        if isinstance(outcome, Candidate):
            texts.append(outcome.text)
            sources.append(_words(request.content.source_text))
        else:
            failures[outcome.reason] = failures.get(outcome.reason, 0) + 1
    counts: dict[str, int] = {}
    for text in texts:
        counts[text] = counts.get(text, 0) + 1
    commonest = max(counts, key=lambda text: counts[text], default="")
    return CollapseReport(
        contents=len(requests),
        distinct=len(counts) / len(texts) if texts else 0.0,
        specificity=specificity([_words(text) for text in texts], sources),
        failed=1 - len(texts) / len(requests) if requests else 1.0,
        commonest=commonest,
        commonest_share=counts.get(commonest, 0) / len(texts) if texts else 0.0,
        failures=dict(sorted(failures.items())),
    )


def specificity(texts: Sequence[frozenset[str]], sources: Sequence[frozenset[str]]) -> float:
    """Mean share of a text's words in its own source minus that in the next content's source; 0 for fewer than two."""
    if len(texts) < 2:
        return 0.0
    total = 0.0
    for place, text in enumerate(texts):
        other = sources[(place + 1) % len(sources)]
        total += (len(text & sources[place]) - len(text & other)) / max(len(text), 1)
    return total / len(texts)


def refuse_collapsed(report: CollapseReport, config: CollapseConfig) -> None:
    """Raises `CollapsedModelError` with the figures and a remedy where the model does not write about its contents."""
    faults: list[str] = []
    if report.failed > config.max_failed:
        faults.append(f"{report.failed:.0%} of the requests got no text (at most {config.max_failed:.0%})")
    if report.distinct < config.min_distinct:
        faults.append(f"only {report.distinct:.1%} of the texts are distinct (at least {config.min_distinct:.0%})")
    if report.specificity < config.min_specificity:
        faults.append(
            f"a text shares only {report.specificity:.3f} more of its words with its own source than with another "
            f"(at least {config.min_specificity})"
        )
    if faults:
        raise CollapsedModelError(
            f"the trained generator has collapsed: on {report.contents} contents that it was not trained on, "
            f"{'; '.join(faults)}. Its commonest text ({report.commonest_share:.0%}) is {report.commonest!r}. "
            "It is not saved. Train on more rows or longer, give captions that say what the pushes say, or use "
            "`--generator template` (or hf:NAME, openai:URL#MODEL), which need no training."
        )


def _words(text: str) -> frozenset[str]:
    return frozenset(word.text.lower() for word in words(text))
