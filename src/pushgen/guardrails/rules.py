"""The rules that hold by default. A new rule is a file of its own and a line in `default_rules`."""

from dataclasses import dataclass
from typing import Literal

from pushgen.guardrails.duplicate import DuplicateRule
from pushgen.guardrails.empty import EmptyRule
from pushgen.guardrails.length import LIMITS, Channel, LengthRule
from pushgen.guardrails.names import NamesRule
from pushgen.guardrails.numbers import NumbersRule
from pushgen.guardrails.quotes import QuotesRule
from pushgen.protocols import Guardrail
from pushgen.records import Severity
from pushgen.text.near_copies import NearCopyIndex

Level = Literal["block", "warn", "off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardrailConfig:
    """Which rules hold, and how strictly. `block` takes a candidate out, `warn` leaves a note, `off` skips the rule."""

    empty: Level = "block"
    """Bodies without a letter or digit."""
    length: Level = "block"
    """Titles and bodies that the channel cuts or refuses."""
    numbers: Level = "block"
    """Numbers, dates and times that are not in the source."""
    names: Level = "block"
    """Names that are not in the source."""
    quotes: Level = "block"
    """Quotations that are not in the source word for word."""
    duplicate: Level = "block"
    """Near-copies of another candidate of the same content or of a past push."""
    channel: Channel = "any"
    """Channel whose size limits hold."""
    duplicate_threshold: float = 0.9
    """Least similarity of a near-copy, in (0, 1]."""


def default_rules(config: GuardrailConfig | None = None, past: NearCopyIndex | None = None) -> tuple[Guardrail, ...]:
    """The rules of a configuration, in a fixed order; `past` holds pushes that must not be repeated."""
    config = config or GuardrailConfig()
    every: tuple[tuple[Level, Guardrail], ...] = (
        (config.empty, EmptyRule(severity=_severity(config.empty))),
        (config.length, LengthRule(limit=LIMITS[config.channel], severity=_severity(config.length))),
        (config.numbers, NumbersRule(severity=_severity(config.numbers))),
        (config.names, NamesRule(severity=_severity(config.names), at_start=_severity(config.names))),
        (config.quotes, QuotesRule(severity=_severity(config.quotes))),
        (
            config.duplicate,
            DuplicateRule(threshold=config.duplicate_threshold, past=past, severity=_severity(config.duplicate)),
        ),
    )
    return tuple(rule for level, rule in every if level != "off")


def _severity(level: Level) -> Severity:
    return Severity.WARN if level == "warn" else Severity.BLOCK
