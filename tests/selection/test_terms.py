from collections.abc import Sequence

import numpy as np
import pytest

from pushgen.errors import ConfigurationError
from pushgen.protocols import Comparison
from pushgen.records import Candidate, Content, Selection
from pushgen.selection import (
    BradleyTerrySelector,
    MeanWinSelector,
    SelectionConfig,
    Terms,
    choose,
    incumbent_of,
    open_selector,
)
from pushgen.text.bounds import Bounds
from pushgen.text.near_copies import NearCopyMemory


class Longer:
    """The longer text wins; ten characters more are worth 0.1."""

    name, kind = "longer", "score"

    def compare(
        self, texts_a: Sequence[str], texts_b: Sequence[str], captions: Sequence[str | None] | None = None
    ) -> Comparison:
        del captions
        mean = np.array([len(a) - len(b) for a, b in zip(texts_a, texts_b, strict=True)]) / 100
        return Comparison(mean.astype(np.float32), np.clip(0.5 + mean, 0, 1).astype(np.float32))


def one(content: str, *texts: str) -> tuple[Content, list[Candidate]]:
    return Content(content_id=content), [
        Candidate(
            candidate_id=f"{content}{index}", content_id=content, body=text, style="s", generator="t", seed=0,
            prompt_hash="",
        )
        for index, text in enumerate(texts)
    ]  # fmt: skip


def chosen(terms: Terms, *fields: tuple[Content, list[Candidate]]) -> list[Selection]:
    return choose(fields, Longer(), MeanWinSelector(), terms=terms)


SHORT, MIDDLE, LONG = "a" * 10, "b" * 30, "c" * 60


def test_a_bound_bars_the_strongest_and_says_so() -> None:
    (found,) = chosen(Terms(bounds=Bounds({"length": (5, 40)})), one("x", SHORT, LONG, MIDDLE))
    assert found.body == MIDDLE
    assert found.reason == "stronger but barred: x1 (length 60 is above 40)"
    assert [(rival.text, rival.barred) for rival in found.rivals] == [
        (LONG, "length 60 is above 40"),
        (SHORT, None),
    ]
    assert found.rivals[0].p_beaten == pytest.approx(0.2)


def test_where_nothing_is_inside_the_strongest_goes_out_and_that_is_said() -> None:
    (found,) = chosen(Terms(bounds=Bounds({"length": (0, 5)})), one("x", SHORT, LONG))
    assert found.body == LONG
    assert found.reason == "no candidate was free to be chosen; the strongest: length 60 is above 5"


def test_near_copies_of_what_was_chosen_or_sent_are_not_chosen_again() -> None:
    memory = NearCopyMemory(0.8)
    memory.add("The last bakery in the valley closes its doors tonight")
    copy, other = "The last bakery in the valley closes its doors tonight!!!", "A bakery closes"
    fields = [
        one("x", copy, other),
        one("y", "A BAKERY closes...", "a"),
        one("z", "A bakery closes"),
    ]
    found = chosen(Terms(taken=memory), *fields)
    assert [selection.body for selection in found] == [other, "a", "A bakery closes"]
    assert found[0].rivals[0].barred == "near-copy of 'The last bakery in the valley closes its doors tonight'"
    assert found[1].rivals[0].barred == "near-copy of 'A bakery closes'"
    assert "no candidate was free" in str(found[2].reason)


@pytest.mark.parametrize(("margin", "body"), [(0.5, MIDDLE), (0.69, MIDDLE), (0.71, SHORT), (1.0, SHORT)])
def test_the_incumbent_stays_unless_it_is_beaten_by_the_margin(margin: float, body: str) -> None:
    incumbents = {"x": incumbent_of("x", None, SHORT, None, None)}
    fields = [one("x", MIDDLE, "a"), one("y", "a")]
    found, free = chosen(Terms(incumbents=incumbents, margin=margin), *fields)
    assert found.body == body
    assert free.reason is None
    rivals = {rival.text: rival for rival in found.rivals}
    if body == SHORT:
        assert found.candidate_id == "incumbent:x"
        assert found.reason == (
            f"incumbent kept: the best candidate, x0, beats the incumbent with probability 0.700, less than the "
            f"margin of {margin:g}"
        )
        assert rivals[MIDDLE].p_beaten == pytest.approx(0.3)
    else:
        assert found.reason == f"beats the incumbent with probability 0.700, margin {margin:g}"
        assert rivals[SHORT].p_beaten == pytest.approx(0.7)
        assert rivals[SHORT].barred is None
    assert Terms.kept([found, free]) == (body == SHORT)


def test_a_weaker_best_candidate_leaves_the_incumbent() -> None:
    incumbents = {"x": incumbent_of("x", "T", LONG, "question", "en")}
    (found,) = chosen(Terms(incumbents=incumbents), one("x", SHORT))
    assert (found.title, found.body, found.style, found.language) == ("T", LONG, "question", "en")
    assert found.generator == "incumbent"


def test_the_incumbent_stays_where_no_candidate_is_there_or_free() -> None:
    incumbents = {"x": incumbent_of("x", None, SHORT, None, None)}
    terms = Terms(incumbents=incumbents, bounds=Bounds({"length": (0, 5)}))
    (found,) = chosen(terms, one("x"))
    assert (found.body, found.p_win, found.rivals) == (SHORT, 0.5, ())
    assert found.reason == "incumbent kept: there is no candidate"
    (found,) = chosen(terms, one("x", LONG))
    assert found.body == SHORT
    assert found.reason == "incumbent kept: no candidate is free to be chosen"
    assert found.rivals[0].barred == "length 60 is above 5"
    assert found.fallback is False


def test_bounds_and_margin_are_both_told() -> None:
    terms = Terms(incumbents={"x": incumbent_of("x", None, SHORT, None, None)}, bounds=Bounds({"length": (0, 40)}))
    (found,) = chosen(terms, one("x", MIDDLE, LONG))
    assert found.body == MIDDLE
    assert found.reason == (
        "beats the incumbent with probability 0.700, margin 0.5; stronger but barred: x1 (length 60 is above 40)"
    )


def test_selectors_by_name() -> None:
    assert open_selector(SelectionConfig()) == MeanWinSelector()
    assert open_selector(SelectionConfig(selector="bradley-terry", rivals=3)) == BradleyTerrySelector(rivals=3)
    assert open_selector(SelectionConfig(selector="thurstone")).name == "thurstone"
    for margin, diversity, rivals in ((1.2, 0.8, 20), (0.5, 0.0, 20), (0.5, 0.8, -1)):
        with pytest.raises(ConfigurationError):
            SelectionConfig(margin=margin, diversity=diversity, rivals=rivals)


@pytest.mark.parametrize("text", ["", "🔥🎉", "x" * 100_000, "mixed 面馆 скрипт عربى", "\ud800 lone"])
def test_odd_texts_are_chosen_and_bounded_without_a_stumble(text: str) -> None:
    bounds = Bounds({"length": (1, 200), "emoji": (0, 0)})
    found = chosen(Terms(bounds=bounds, taken=NearCopyMemory()), one("x", text, "a plain text"), one("y", text))
    assert [selection.content_id for selection in found] == ["x", "y"]
    assert found[0].body == ("a plain text" if bounds.broken(text) else max(text, "a plain text", key=len))
