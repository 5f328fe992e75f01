"""Whether a generator's styles are under control: what was asked for against what a labeller finds.

The labeller must not have trained or chosen the generator. It errs itself: its accuracy on texts with known styles
belongs beside the agreement, and shares before and after are both as it finds them, so that its leanings cancel.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pushgen.errors import ConfigurationError
from pushgen.generation.diversity import distinct, self_bleu, tokens
from pushgen.records import Candidate
from pushgen.statistics.bootstrap import ClusterBootstrap, Interval
from pushgen.statistics.proportions import wilson

GRAMS = (1, 2, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlConfig:
    """When an alarm is raised. A share counts with the end of its interval that speaks against the alarm."""

    max_share: float = 0.4
    """Largest share of one style among the texts, as found."""
    min_kappa: float = 0.1
    """Least agreement beyond chance between the styles asked for and found."""
    max_self_bleu: float = 0.8
    """Largest self-BLEU within a content: above it the styles say the same words."""
    min_own: float = 0.95
    """Least share of contents with a text that no other content got."""
    min_contents: int = 20
    """Of fewer contents nothing is concluded: no alarm."""
    draws: int = 2000
    """Resamples of contents behind the intervals."""
    seed: int = 0

    def __post_init__(self) -> None:
        shares = (self.max_share, self.max_self_bleu, self.min_own)
        if not all(0 <= share <= 1 for share in shares) or not -1 <= self.min_kappa <= 1 or self.draws < 1:
            raise ConfigurationError(f"control: a value lies outside its range: {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleRow:
    """One style."""

    style: str
    asked: int
    """Candidates that were asked for in it."""
    found: int
    """Candidates that the labeller finds it in."""
    agreed: int
    """Candidates asked for and found in it."""
    low: float
    """Ends of the interval of agreed / asked (Wilson, 95%)."""
    high: float
    mistaken_for: str | None
    """The other style that is found most often where this one was asked for."""
    before: float | None
    """Share of the corpus, as the labeller finds it; null without a corpus."""
    after: float
    """Share of the candidates, as the labeller finds it."""

    @property
    def agreement(self) -> float | None:
        return self.agreed / self.asked if self.asked else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlReport:
    """What was found. Intervals: 95%, bootstrap over contents."""

    contents: int
    candidates: int
    agreement: Interval
    """Candidates in which the style asked for is found."""
    chance: float
    """Agreement of labels drawn at random from the same shares."""
    kappa: Interval
    """(agreement - chance) / (1 - chance)."""
    styles: Sequence[StyleRow]
    diversity: Mapping[str, Interval]
    """`distinct-1`, `-2`, `-3` and `self-BLEU`: means over contents with two texts or more."""
    own: Interval
    """Contents with a text that no other content got."""
    largest: tuple[str, float]
    """The style found most often, and its share."""
    alarms: Sequence[str]
    """What is wrong, in words; empty where nothing is."""


def measure_control(
    candidates: Sequence[Candidate],
    found: Sequence[str],
    *,
    before: Sequence[str] = (),
    config: ControlConfig | None = None,
) -> ControlReport:
    """Measures candidates.

    Args:
        candidates: At least one, of any number of contents.
        found: The style that an independent labeller finds in each.
        before: The styles that it finds in the texts of the corpus, or nothing.
        config: When an alarm is raised.
    """
    if not candidates:
        raise ConfigurationError("control: there are no candidates to measure")
    config = config or ControlConfig()
    asked = [candidate.style for candidate in candidates]
    contents = [candidate.content_id for candidate in candidates]
    draws = ClusterBootstrap(contents, draws=config.draws, seed=config.seed)
    hits = np.array([a == f for a, f in zip(asked, found, strict=True)], np.float64)
    agreement = draws.mean(hits)
    share_asked, share_found = _shares(asked), _shares(found)
    chance = sum(share * share_found.get(style, 0.0) for style, share in share_asked.items())
    kappa = _beyond(agreement, chance)
    texts: dict[str, list[str]] = {}
    for candidate in candidates:
        texts.setdefault(candidate.content_id, []).append(candidate.text)
    own = _own(texts, config)
    diversity = _diversity(texts, config)
    style, share = max(share_found.items(), key=lambda item: (item[1], item[0]))
    least = draws.mean(np.array([one == style for one in found], np.float64)).low
    return ControlReport(
        contents=len(texts),
        candidates=len(candidates),
        agreement=agreement,
        chance=chance,
        kappa=kappa,
        styles=_rows(asked, found, _shares(before) if before else None),
        diversity=diversity,
        own=own,
        largest=(style, share),
        alarms=_alarms(config, kappa, (style, share, least), diversity["self-BLEU"], own, len(set(asked))),
    )


def _shares(styles: Sequence[str]) -> dict[str, float]:
    return {style: count / len(styles) for style, count in Counter(styles).items()}


def _beyond(agreement: Interval, chance: float) -> Interval:
    """Kappa, with the chance agreement held."""
    room = 1.0 - chance
    if room <= 0:
        return Interval(float("nan"), float("nan"), float("nan"), agreement.clusters)
    value, low, high = ((end - chance) / room for end in (agreement.value, agreement.low, agreement.high))
    return Interval(value, low, high, agreement.clusters)


def _rows(asked: Sequence[str], found: Sequence[str], before: Mapping[str, float] | None) -> list[StyleRow]:
    pairs = Counter(zip(asked, found, strict=True))
    wanted, seen = Counter(asked), Counter(found)
    rows: list[StyleRow] = []
    for style in sorted(set(asked) | set(found) | set(before or {})):
        agreed = pairs[style, style]
        low, high = wilson(agreed, wanted[style])
        others = [(count, other) for (a, other), count in pairs.items() if a == style != other]
        rows.append(
            StyleRow(
                style=style,
                asked=wanted[style],
                found=seen[style],
                agreed=agreed,
                low=float(low),
                high=float(high),
                mistaken_for=max(others)[1] if others else None,
                before=None if before is None else before.get(style, 0.0),
                after=seen[style] / len(found),
            )
        )
    return rows


def _diversity(texts: Mapping[str, Sequence[str]], config: ControlConfig) -> dict[str, Interval]:
    split = [[tokens(text) for text in group] for group in texts.values() if len(group) > 1]
    draws = ClusterBootstrap(np.arange(len(split)), draws=config.draws, seed=config.seed)

    def mean(values: Sequence[float]) -> Interval:
        plain = np.nan_to_num(np.array(values, np.float64))
        return draws.mean(plain, ~np.isnan(np.array(values, np.float64)))

    measures = {f"distinct-{n}": [distinct(group, n) for group in split] for n in GRAMS}
    measures["self-BLEU"] = [self_bleu(group) for group in split]
    return {name: mean(values) for name, values in measures.items()}


def _own(texts: Mapping[str, Sequence[str]], config: ControlConfig) -> Interval:
    holders = Counter(text for group in texts.values() for text in set(group))
    has = [float(any(holders[text] == 1 for text in group)) for group in texts.values()]
    return ClusterBootstrap(np.arange(len(has)), draws=config.draws, seed=config.seed).mean(has)


def _alarms(
    config: ControlConfig,
    kappa: Interval,
    largest: tuple[str, float, float],
    bleu: Interval,
    own: Interval,
    styles: int,
) -> list[str]:
    found: list[str] = []
    if own.clusters < config.min_contents:
        return found
    style, share, least = largest
    if styles > 1 and least > config.max_share:
        found.append(f"style collapse: {share:.0%} of the texts are {style!r} (at most {config.max_share:.0%})")
    if styles > 1 and kappa.high < config.min_kappa:
        found.append(
            f"no control: the style asked for is found no more often than by chance (kappa {kappa}, at least "
            f"{config.min_kappa})"
        )
    if bleu.low > config.max_self_bleu:
        found.append(f"one text for all styles: self-BLEU within a content is {bleu} (at most {config.max_self_bleu})")
    if own.high < config.min_own:
        found.append(f"one text for many contents: only {own.value:.0%} have a text of their own")
    return found
