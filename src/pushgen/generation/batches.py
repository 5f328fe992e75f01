"""Many contents through a generator, with progress, equal texts once and failures counted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pushgen.progress import bar
from pushgen.protocols import GenerationRequest, Generator
from pushgen.records import Candidate, Content

CONTENTS_AT_ONCE = 100
REPEATED = "text already written for this content"


@dataclass(frozen=True, slots=True)
class Written:
    """What a generator wrote."""

    candidates: Sequence[Candidate]
    """In the order of contents, styles and indexes."""
    failures: Mapping[str, int]
    """Requests without a candidate, by reason, the most frequent first."""


def write_candidates(
    contents: Sequence[Content], generator: Generator, styles: Sequence[str], *, n: int = 1, seed: int = 0
) -> Written:
    """One request per content, style and index below `n`. Requests = candidates + sum of the failures.

    Of texts of one content that differ in case, marks and spaces alone the first stays.
    """
    candidates: list[Candidate] = []
    failures: Counter[str] = Counter()
    seen: set[tuple[str, str]] = set()
    with bar("writing", len(contents)) as shown:
        for start in range(0, len(contents), CONTENTS_AT_ONCE):
            chunk = contents[start : start + CONTENTS_AT_ONCE]
            requests = [
                GenerationRequest(content=content, style=style, index=index, seed=seed)
                for content in chunk
                for style in styles
                for index in range(n)
            ]
            for outcome in generator.generate(requests):
                if not isinstance(outcome, Candidate):
                    failures[outcome.reason] += 1
                elif (key := (outcome.content_id, _key(outcome.text))) in seen:
                    failures[REPEATED] += 1
                else:
                    seen.add(key)
                    candidates.append(outcome)
            shown.advance(len(chunk))
    return Written(candidates, dict(failures.most_common()))


def _key(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum()) or text
