from collections.abc import Sequence

import numpy as np
import pytest

from pushgen.fakes import FakeRewardModel
from pushgen.protocols import Comparison, Floats
from pushgen.records import Candidate, Content
from pushgen.selection import MeanWinSelector, choose, win_matrices


class CountingReward(FakeRewardModel):
    """The fake reward model, which remembers how it was called."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.captions: set[str | None] = set()

    def compare(
        self, texts_a: Sequence[str], texts_b: Sequence[str], captions: Sequence[str | None] | None = None
    ) -> Comparison:
        self.calls.append(len(texts_a))
        self.captions.update(captions or ())
        return super().compare(texts_a, texts_b, captions)


class CountingUtilities(CountingReward):
    """Utilities that are the lengths of the texts."""

    def __init__(self) -> None:
        super().__init__()
        self.lists: list[tuple[int, str | None]] = []

    def utilities(self, lists: Sequence[Sequence[str]], captions: Sequence[str | None]) -> list[Floats]:
        self.lists += zip(map(len, lists), captions, strict=True)
        return [np.array([len(text) for text in texts], np.float32) for texts in lists]

    def win_matrix(self, utilities: Floats) -> Floats:
        return (0.5 + 0.1 * np.sign(utilities[:, None] - utilities[None, :])).astype(np.float32)


def fields(sizes: Sequence[int]) -> list[tuple[Content, list[Candidate]]]:
    return [
        (
            Content(content_id=str(number), caption=f"caption {number}"),
            [
                Candidate(
                    candidate_id=f"{number}-{index:03d}", content_id=str(number), body=f"text {number} {index}",
                    style="s", generator="t", seed=0, prompt_hash="",
                )
                for index in range(size)
            ],
        )
        for number, size in enumerate(sizes)
    ]  # fmt: skip


def test_matrices_hold_what_the_model_says() -> None:
    given, reward = fields([4, 1, 3]), CountingReward()
    matrices = win_matrices(given, reward)
    assert reward.calls == [6 + 0 + 3]
    assert reward.captions == {"caption 0", "caption 2"}
    for (_, candidates), p in zip(given, matrices, strict=True):
        texts = [candidate.text for candidate in candidates]
        assert p.shape == (len(texts), len(texts))
        np.testing.assert_allclose(p + p.T, 1.0, atol=1e-6)
        for i, a in enumerate(texts):
            for j, b in enumerate(texts):
                assert p[i, j] == pytest.approx(reward.compare([a], [b]).p_a[0], abs=1e-6)


def test_equal_texts_are_compared_once_and_tie() -> None:
    ((content, candidates),) = fields([3])
    twins = [
        *candidates,
        Candidate(**{**{name: getattr(candidates[0], name) for name in Candidate.__slots__}, "candidate_id": "z"}),
    ]
    reward = CountingReward()
    (p,) = win_matrices([(content, twins)], reward)
    assert reward.calls == [3]
    assert p[0, 3] == p[3, 0] == 0.5
    np.testing.assert_array_equal(p[0, 1:3], p[3, 1:3])


def test_calls_are_large_but_bounded() -> None:
    reward = CountingReward()
    whole = win_matrices(fields([40, 40]), CountingReward())
    chunked = win_matrices(fields([40, 40]), reward, pairs_per_call=100)
    assert max(reward.calls) == 100
    assert len(reward.calls) == 16
    for a, b in zip(whole, chunked, strict=True):
        np.testing.assert_array_equal(a, b)


def test_choose_skips_empty_fields_and_marks_fallbacks() -> None:
    chosen = choose(fields([3, 0, 1]), FakeRewardModel(), MeanWinSelector(), fallbacks={"2"})
    assert [(one.content_id, one.fallback) for one in chosen] == [("0", False), ("2", True)]
    assert chosen[1].p_win == 0.5


def test_choice_does_not_depend_on_the_company_of_other_contents() -> None:
    given = fields([5, 7, 2])
    together = choose(given, FakeRewardModel(), MeanWinSelector())
    alone = [choose([one], FakeRewardModel(), MeanWinSelector())[0] for one in given]
    assert together == alone


def test_five_hundred_candidates() -> None:
    reward = CountingReward()
    (selection,) = choose(fields([500]), reward, MeanWinSelector())
    assert sum(reward.calls) == 500 * 499 // 2
    assert max(reward.calls) <= 65_536
    assert len(selection.rivals) == 20
    assert selection.p_win > 0.6


def test_a_model_of_utilities_reads_each_candidate_once() -> None:
    given, reward = fields([12, 1, 0]), CountingUtilities()
    ((content, candidates), *others) = given
    matrices = win_matrices([(content, [*candidates, candidates[3]]), *others], reward)
    assert reward.calls == []
    assert reward.lists == [(12, "caption 0"), (1, "caption 1"), (0, "caption 2")]
    assert [p.shape for p in matrices] == [(13, 13), (1, 1), (0, 0)]
    np.testing.assert_array_equal(matrices[0][3], matrices[0][12])
    longer = [len(one.text) > len(candidates[0].text) for one in candidates]
    np.testing.assert_allclose(matrices[0][0, :12], np.where(longer, 0.4, 0.5))
