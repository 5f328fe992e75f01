import numpy as np
import pytest

from pushgen.styles import load_taxonomy
from pushgen.styles.cues import MARKS, CueFeatures, cues_of


@pytest.fixture(scope="module")
def features() -> CueFeatures:
    return CueFeatures(cues_of(load_taxonomy()))


@pytest.mark.parametrize(
    ("text", "style", "count"),
    [
        ("12 ways to fold a napkin", "numbers", 1),
        ("1,200 ways, or 3.5 million", "numbers", 2),
        ("Many ways to fold a napkin", "numbers", 0),
        ("Is it raining?", "question", 2),
        ("Is? It is raining.", "question", 0),
        ("“Is that rain?”", "question", 1),
        ("MY oven, my rules", "personal", 2),
        ("Myrtle grows", "personal", 0),
        ("这3个城市最适合散步", "numbers", 1),
        ("三城散步", "numbers", 0),
        ("全网都在看的一只猫", "social_proof", 2),
        ("free free free free free", "offer", 3),
        ("", "offer", 0),
    ],
)
def test_cues(features: CueFeatures, text: str, style: str, count: int) -> None:
    assert features.counts([text])[0, list(features.cues).index(style)] == count


def test_every_style_with_cues_is_found_in_one_of_its_own_cues(features: CueFeatures) -> None:
    for place, (style, cues) in enumerate(features.cues.items()):
        for cue in cues:
            assert features.counts([cue])[0, place] >= 1, (style, cue)


MARKED = {
    "ends in a question": ("Tea or rain?", "Tea? Rain."),
    "asks before the end": ("Tea? Rain.", "Tea, rain?"),
    "opens with a question word": ("Why tea rises", "Tea: why it rises"),
    "exclamation": ("Rain!", "Rain."),
    "digits": ("Gate 5", "Gate five"),
    "year or age": ("A 9-year-old in 1987", "9 lives"),
    "share or sum": ("Half of $5", "5 spoons"),
    "counted things": ("The 5 spoons", "Spoons, 5"),
    "first person": ("I'm late", "In time"),
    "you": ("You're late", "Youth"),
    "pointing": ("This is late", "Thistle"),
    "unnamed person": ("A woman waits", "Anna waits"),
    "quotation": ("He said 'no way'", "It's the dogs' bowl"),
    "emphasis": ("A *very* late bus", "A very late bus"),
    "dots": ("And then...", "And then."),
    "several sentences": ("Rain. Then sun.", "Rain then sun."),
    "then and why": ("And then rain", "Rain at noon"),
}


def test_every_mark_is_seen_and_not_seen_where_it_should(features: CueFeatures) -> None:
    assert set(MARKED) == set(MARKS)
    for mark, (with_it, without) in MARKED.items():
        values = features.matrix([with_it, without])[:, features.names.index(mark)]
        assert values.tolist() == [1.0, 0.0], mark


def test_matrix_has_a_column_per_name_and_no_rows_for_no_texts(features: CueFeatures) -> None:
    assert features.matrix(["tea", ""]).shape == (2, len(features.names))
    assert features.matrix([]).shape == (0, len(features.names))
    assert np.isfinite(features.matrix(["x" * 100_000, "\ud800"])).all()
