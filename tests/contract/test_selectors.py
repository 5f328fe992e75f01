"""What every selector promises, held against all of them."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushgen.errors import ConfigurationError
from pushgen.protocols import Floats, Selector
from pushgen.records import Candidate, Content
from pushgen.reward.probability import win_matrix
from pushgen.selection import BradleyTerrySelector, MeanWinSelector

SELECTORS = [MeanWinSelector(), BradleyTerrySelector(), BradleyTerrySelector(link="normal")]
CONTENT = Content(content_id="c", caption="A bakery opened.")


def field(count: int) -> list[Candidate]:
    return [
        Candidate(
            candidate_id=f"{index:03d}", content_id="c", body=f"text {index}", style="s", generator="t", seed=0,
            prompt_hash="",
        )
        for index in range(count)
    ]  # fmt: skip


def wins(count: int, seed: int, levels: int | None = None) -> Floats:
    rng = np.random.default_rng(seed)
    p = rng.random((count, count)) if levels is None else rng.integers(0, levels + 1, (count, count)) / levels
    upper = np.triu(p, 1).astype(np.float32)
    p = np.triu(upper, 1) + np.tril(1 - upper.T, -1) + np.eye(count) / 2
    return p.astype(np.float32)


@pytest.mark.parametrize("selector", SELECTORS, ids=lambda selector: selector.name)
class TestEverySelector:
    def test_is_a_selector(self, selector: Selector) -> None:
        assert isinstance(selector, Selector)

    def test_a_single_candidate_is_chosen(self, selector: Selector) -> None:
        selection = selector.select(CONTENT, field(1), np.full((1, 1), 0.5, np.float32))
        assert (selection.candidate_id, selection.p_win, selection.rivals) == ("000", 0.5, ())

    def test_a_candidate_that_beats_all_is_chosen(self, selector: Selector) -> None:
        p = wins(6, 1)
        p[4], p[:, 4] = 0.9, 0.1
        selection = selector.select(CONTENT, field(6), p)
        assert selection.candidate_id == "004"
        assert selection.p_win == pytest.approx(0.9)
        assert {rival.candidate_id for rival in selection.rivals} == {"000", "001", "002", "003", "005"}
        assert all(rival.p_beaten == pytest.approx(0.9) for rival in selection.rivals)

    def test_ties_go_to_the_smallest_id(self, selector: Selector) -> None:
        assert selector.select(CONTENT, field(5)[::-1], np.full((5, 5), 0.5, np.float32)).candidate_id == "000"

    def test_a_barred_candidate_is_a_rival_and_no_choice(self, selector: Selector) -> None:
        p = wins(5, 2)
        p[3], p[:, 3] = 0.9, 0.1
        p[1], p[:, 1] = 0.8, 0.2
        p[3, 1], p[1, 3] = 0.6, 0.4
        np.fill_diagonal(p, 0.5)
        selection = selector.select(CONTENT, field(5), p, {"003": "too long"})
        assert selection.candidate_id == "001"
        assert selection.reason == "stronger but barred: 003 (too long)"
        assert [(rival.candidate_id, rival.barred) for rival in selection.rivals[:1]] == [("003", "too long")]
        assert selection.rivals[0].p_beaten == pytest.approx(0.4)
        assert selector.select(CONTENT, field(5), p).reason is None
        assert selector.select(CONTENT, field(5), p, {"000": "weaker anyway"}).reason is None

    def test_where_all_are_barred_the_strongest_is_chosen(self, selector: Selector) -> None:
        p = np.array([[0.5, 0.2], [0.8, 0.5]], np.float32)
        selection = selector.select(CONTENT, field(2), p, {"000": "short", "001": "long"})
        assert selection.candidate_id == "001"
        assert selection.reason == "no candidate was free to be chosen; the strongest: long"

    def test_utilities_are_ranked_as_they_are(self, selector: Selector) -> None:
        utilities = np.random.default_rng(4).normal(0, 1, 30)
        p = win_matrix(utilities.astype(np.float32), 0.5)
        order = np.argsort(-utilities)
        selection = selector.select(CONTENT, field(30), p)
        ranks = [selection.candidate_id, *(rival.candidate_id for rival in selection.rivals)]
        assert ranks == [f"{place:03d}" for place in order[:21]]

    def test_sure_wins_and_five_hundred_candidates(self, selector: Selector) -> None:
        p = (np.triu(np.ones((500, 500)), 1) + np.eye(500) / 2).astype(np.float32)
        selection = selector.select(CONTENT, field(500), p)
        assert (selection.candidate_id, selection.p_win) == ("000", 1.0)

    @pytest.mark.parametrize("shape", [(0, 0), (2, 3), (3, 3)])
    def test_a_matrix_that_does_not_fit_is_refused(self, selector: Selector, shape: tuple[int, int]) -> None:
        with pytest.raises(ConfigurationError, match="shape"):
            selector.select(CONTENT, field(2 if shape[0] else 0), np.zeros(shape, np.float32))

    @given(count=st.integers(1, 12), seed=st.integers(0, 10_000), levels=st.sampled_from([None, 2, 10]))
    @settings(max_examples=80, deadline=None)
    def test_the_order_of_candidates_does_not_matter(
        self, selector: Selector, count: int, seed: int, levels: int | None
    ) -> None:
        p, candidates = wins(count, seed, levels), field(count)
        order = random.Random(seed).sample(range(count), count)
        shuffled = selector.select(CONTENT, [candidates[place] for place in order], p[np.ix_(order, order)])
        assert shuffled == selector.select(CONTENT, candidates, p)
