"""Every name of a push stands in its source, up to spelling, case, plural and abbreviation."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz import fuzz, process

from pushgen.guardrails.finding import Remedy, finding
from pushgen.guardrails.source import Source, facts_of, name_tokens, source_of, squeeze
from pushgen.records import Candidate, Content, Severity, Verdict
from pushgen.text.fact import Fact
from pushgen.text.names import is_ordinary

_LINKS = frozenset(
    {"of", "the", "de", "da", "del", "der", "di", "la", "le", "van", "von", "bin", "al", "el", "y", "and"}
)
_ENDINGS = ("s", "es", "n", "an", "ian", "ean", "ese", "ish", "i", "er")
_NEAR = 4
"""Two words of one name stand at most this many words apart in the source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesRule:
    """Blocks names that the source does not support.

    Names are found by capital letters (`text.names`), Chinese titles by 《》 and Chinese persons where the words around
    them show them (`text.han_names`). In a headline where every word has a capital, a single unknown word gives a
    warning only: most are rare common words.
    """

    severity: Severity = Severity.BLOCK
    at_start: Severity | None = Severity.BLOCK
    """For a word that opens a sentence, is no common English word and is not in the source; None to say nothing."""
    in_headline: Severity | None = Severity.WARN
    """For such a word in a headline; None to say nothing."""
    similarity: float = 88.0
    """Least similarity (rapidfuzz ratio, 0 to 100) of a spelling variant; words of five letters or more."""
    remedy: Remedy | None = "drop"
    rule: str = "names"

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        source = source_of(content.source_text, content.language)
        return [
            finding(self, candidate, fact.start, fact.end, f"{fact.text!r} is not in the source", severity)
            for candidate in candidates
            for fact in facts_of(candidate.text, content.language)
            if fact.kind == "name" and (severity := self._severity(fact, source)) is not None
        ]

    def _severity(self, fact: Fact, source: Source) -> Severity | None:
        """None where the source supports the name or nothing is to be said."""
        severity = {"": self.severity, "start": self.at_start, "headline": self.in_headline}[fact.doubt]
        if severity is None or not is_supported(fact, source, self.similarity):
            return severity
        return self._doubtful(fact, source) if fact.firm else None

    def _doubtful(self, fact: Fact, source: Source) -> Severity | None:
        """Of a known name with a rare word at its side whose capital proves nothing: Billy Campbell for Billy Crystal.

        Where the source gives the known name another family name the rare word is one too.
        """
        firm = set(name_tokens(fact.firm))
        for left, right in pairwise(name_tokens(fact.text)):
            if left not in firm or right in firm or right in _LINKS or is_ordinary(right):
                continue
            if _match(right, source, self.similarity) is None:
                return self.severity if source.followers.get(left) else self.in_headline
        return None


def is_supported(fact: Fact, source: Source, similarity: float = 88.0) -> bool:
    """Whether the source holds the name: as a whole, word by word nearby, or as an abbreviation."""
    text = fact.firm or fact.text
    squeezed = squeeze(text)
    if len(squeezed) < 2 or (len(squeezed) >= 5 and squeezed in source.squeezed) or source.stands(text):
        return True
    tokens = [token for token in name_tokens(text) if token not in _LINKS]
    telling = [token for token in tokens if not is_ordinary(token)]
    if not telling:
        # Common words with capitals: one is emphasis, several are a title that must be known.
        if len(tokens) < 2:
            return True
        telling = tokens
    matches = [_match(token, source, similarity) for token in telling]
    if all(matches):
        # The parts of a person's name stand together; acronyms, codes and common words combine freely.
        loose = telling is tokens and all(is_ordinary(token) for token in tokens)
        return loose or all(_near(left, right, source) for left, right in pairwise(matches) if left and right)
    return _abbreviated(text, tokens, source)


def _match(token: str, source: Source, similarity: float) -> str | None:
    """The word of the source that a word of a name stands for."""
    if token in source.places:
        return token
    if len(token) == 1:
        return next((known for known in source.places if known.startswith(token)), None)
    for ending in _ENDINGS:
        if token + ending in source.places:
            return token + ending
        if token.endswith(ending) and len(token) - len(ending) >= 3 and token[: -len(ending)] in source.places:
            return token[: -len(ending)]
    if any(sign.isdigit() for sign in token) or len(token) < 5:
        return None
    best = process.extractOne(token, source.places.keys(), scorer=fuzz.ratio, score_cutoff=similarity)
    return best[0] if best else None


def _near(left: str, right: str, source: Source) -> bool:
    if any(word in source.acronyms or not word.isalpha() for word in (left, right)):
        return True
    first, second = source.places[left], source.places[right]
    i = j = 0
    while i < len(first) and j < len(second):
        if abs(first[i] - second[j]) <= _NEAR:
            return True
        if first[i] < second[j]:
            i += 1
        else:
            j += 1
    return False


def _abbreviated(text: str, tokens: list[str], source: Source) -> bool:
    """`UN` for United Nations, and the other way round."""
    letters = text.removesuffix("s").replace(".", "")
    if letters.isupper() and letters.isalpha() and len(letters) >= 2:
        folded = letters.casefold()
        if folded in source.acronyms or any(letters in initials for initials in source.initials):
            return True
        return len(letters) >= 3 and any(folded in initials.casefold() for initials in source.initials)
    initials = "".join(token[0] for token in tokens)
    return len(initials) >= 3 and initials in source.acronyms
