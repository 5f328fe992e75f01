"""The rules that hold by default. A new rule is a file of its own, a setting and a line in `_rules_of`."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pushgen.errors import ConfigurationError
from pushgen.guardrails.brand import BrandConfig, BrandRule
from pushgen.guardrails.by_language import ByLanguage
from pushgen.guardrails.capitals import CapitalsRule
from pushgen.guardrails.clickbait import ClickbaitRule
from pushgen.guardrails.controls import ControlsRule
from pushgen.guardrails.duplicate import DuplicateRule
from pushgen.guardrails.emoji import EmojiRule
from pushgen.guardrails.empty import EmptyRule
from pushgen.guardrails.entailment import EntailmentModel, EntailmentRule
from pushgen.guardrails.injection import InjectionRule
from pushgen.guardrails.language import Detector, LanguageRule
from pushgen.guardrails.leftovers import LeftoversRule
from pushgen.guardrails.length import LIMITS, Channel, LengthRule
from pushgen.guardrails.links import LinksRule
from pushgen.guardrails.names import NamesRule
from pushgen.guardrails.numbers import NumbersRule
from pushgen.guardrails.pii import PiiRule
from pushgen.guardrails.profanity import ProfanityRule, words_from
from pushgen.guardrails.punctuation import PunctuationRule
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
    controls: Level = "block"
    """Control characters, bidirectional overrides, invisible and broken characters."""
    leftovers: Level = "block"
    """Slots that nobody filled, markup that nobody rendered."""
    links: Level = "block"
    """Web addresses in the text."""
    numbers: Level = "block"
    """Numbers, quantities, dates and times that are not in the source."""
    names: Level = "block"
    """Names that are not in the source."""
    quotes: Level = "block"
    """Quotations that are not in the source word for word."""
    language: Level = "block"
    """Texts in another language or script than the one asked for."""
    profanity: Level = "block"
    """Slurs and vulgar words; mild ones warn."""
    pii: Level = "block"
    """Phone numbers, e-mail addresses, card and identity numbers, chat accounts."""
    injection: Level = "block"
    """Echoes of instructions, of the prompt, or of a chat model's talk."""
    clickbait: Level = "warn"
    """Withheld information, false urgency, false prizes, begging for shares."""
    capitals: Level = "warn"
    """Too many words in capitals."""
    punctuation: Level = "warn"
    """Runs of marks and too many exclamation marks."""
    emoji: Level = "warn"
    """Too many emoji."""
    duplicate: Level = "block"
    """Near-copies of another candidate of the same content or of a past push."""
    entailment: Level = "off"
    """Texts that do not follow from the source; needs `entailment_model`."""
    repair: bool = True
    """Whether a blocked candidate is repaired where it can be: cut, without a clause, without invisible characters."""
    channel: Channel = "any"
    """Channel whose size limits hold."""
    title_limit: int | None = None
    """Graphemes of the title; none keeps the channel's."""
    body_limit: int | None = None
    """Graphemes of the body; none keeps the channel's."""
    duplicate_threshold: float = 0.9
    """Least similarity of a near-copy, in (0, 1]."""
    max_emoji: int = 3
    """Emoji that a text may have."""
    max_exclamations: int = 2
    """Exclamation marks that a text may have."""
    max_capitals: int = 3
    """Words in capitals that a text may have."""
    domains: tuple[str, ...] = ()
    """Domains that may stand in a text."""
    slots: tuple[str, ...] = ()
    """Slots that the delivery fills and that pass with a default: `{first_name|there}`."""
    contacts: tuple[str, ...] = ()
    """Own phone numbers and addresses that may stand in a text."""
    detector: Detector = "auto"
    """How languages are told apart: lingua (extra `guard`), script, or lingua where it is installed."""
    words: Path | None = None
    """File with more words that no text may hold; white space parts them, `#` opens a comment."""
    allowed_words: tuple[str, ...] = ()
    """Words that the profanity rule lets pass."""
    entailment_model: str | None = None
    """Folder or hub name of a natural language inference model."""
    entailment_least: float = 0.5
    """Least probability that the source entails a text, in [0, 1]."""
    brand: BrandConfig = field(default_factory=BrandConfig)
    """House style: banned and required words, tone. Findings block."""

    def __post_init__(self) -> None:
        if self.entailment != "off" and self.entailment_model is None:
            raise ConfigurationError("the entailment rule needs entailment_model: the folder or hub name of a model")
        for name in ("title_limit", "body_limit"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigurationError(f"{name} must be at least 1, found {value}")
        if not 0 < self.duplicate_threshold <= 1 or not 0 <= self.entailment_least <= 1:
            raise ConfigurationError("duplicate_threshold must lie in (0, 1], entailment_least in [0, 1]")


def default_rules(
    config: GuardrailConfig | None = None,
    past: NearCopyIndex | None = None,
    *,
    languages: Mapping[str, GuardrailConfig] | None = None,
    prompt: str = "",
) -> tuple[Guardrail, ...]:
    """The rules of a configuration, in a fixed order.

    Args:
        config: What holds for every language that `languages` does not name.
        past: Pushes that must not be repeated.
        languages: Other configurations by language, such as `zh`.
        prompt: The task that generators are given, whose echo is blocked.
    """
    base = _rules_of(config or GuardrailConfig(), past, prompt)
    others = {code: _rules_of(other, past, prompt) for code, other in (languages or {}).items()}
    rules: list[Guardrail] = []
    for name, rule in base.items():
        special = {code: other[name] for code, other in others.items() if other[name] != rule}
        chosen = ByLanguage(rule=name, default=rule, languages=special) if special else rule
        if chosen is not None:
            rules.append(chosen)
    return tuple(rules)


def _rules_of(config: GuardrailConfig, past: NearCopyIndex | None, prompt: str) -> dict[str, Guardrail | None]:
    def at(level: Level) -> Severity:
        return Severity.WARN if level == "warn" else Severity.BLOCK

    limit = LIMITS[config.channel]
    limit = dataclasses.replace(limit, title=config.title_limit or limit.title, body=config.body_limit or limit.body)
    more = words_from(config.words) if config.words else ()
    names, profanity = at(config.names), at(config.profanity)
    rules: list[Guardrail] = [
        EmptyRule(severity=at(config.empty)),
        LengthRule(limit=limit, severity=at(config.length)),
        ControlsRule(severity=at(config.controls)),
        LeftoversRule(severity=at(config.leftovers), slots=config.slots),
        LinksRule(severity=at(config.links), domains=config.domains),
        NumbersRule(severity=at(config.numbers)),
        NamesRule(severity=names, at_start=names),
        QuotesRule(severity=at(config.quotes)),
        ProfanityRule(severity=profanity, words=more, allowed=config.allowed_words),
        PiiRule(severity=at(config.pii), allowed=config.contacts),
        InjectionRule(severity=at(config.injection), prompt=prompt),
        ClickbaitRule(severity=at(config.clickbait)),
        CapitalsRule(severity=at(config.capitals), words=config.max_capitals),
        PunctuationRule(severity=at(config.punctuation), exclamations=config.max_exclamations),
        EmojiRule(severity=at(config.emoji), emoji=config.max_emoji),
        DuplicateRule(threshold=config.duplicate_threshold, past=past, severity=at(config.duplicate)),
    ]
    if config.language != "off":
        rules.append(LanguageRule(severity=at(config.language), detector=config.detector))
    if config.brand != BrandConfig():
        rules.append(BrandRule(brand=config.brand))
    if config.entailment != "off" and config.entailment_model is not None:
        model = EntailmentModel.load(config.entailment_model)
        rules.append(EntailmentRule(model=model, severity=at(config.entailment), least=config.entailment_least))
    kept: dict[str, Guardrail | None] = dict.fromkeys(RULES)
    for rule in rules:
        if getattr(config, rule.rule, None) != "off":
            kept[rule.rule] = rule if config.repair else _without_remedy(rule)
    return kept


def _without_remedy(rule: Guardrail) -> Guardrail:
    return dataclasses.replace(rule, remedy=None)  # type: ignore[type-var]


RULES = (
    *(
        "empty",
        "length",
        "controls",
        "leftovers",
        "links",
        "numbers",
        "names",
        "quotes",
        "language",
        "profanity",
        "pii",
    ),
    *("injection", "clickbait", "capitals", "punctuation", "emoji", "brand", "entailment", "duplicate"),
)
"""Names of all rules, in the order in which they hold."""
