"""From a log's pairs to contests, and from a model or a file to utilities."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pushgen.errors import InputError
from pushgen.pipeline.replay_log import contests_of, read_utilities, utilities_by
from pushgen.protocols import Comparison
from pushgen.tables import PAIRS


def pair(experiment: str, a: tuple[str, int], b: tuple[str, int]) -> dict[str, object]:
    return {
        "experiment_id": experiment,
        "content_id": f"c-{experiment}",
        **{f"push_{side}": f"{experiment}-{text}" for side, (text, _) in (("a", a), ("b", b))},
        **{f"text_{side}": text for side, (text, _) in (("a", a), ("b", b))},
        **{f"clicks_{side}": clicks for side, (_, clicks) in (("a", a), ("b", b))},
        "impressions_a": 1000,
        "impressions_b": 1000,
    }


TRIPLE = [("x", 10), ("yy", 20), ("zzz", 30)]
ROWS = [pair("e1", TRIPLE[i], TRIPLE[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
ROWS += [pair("e1", ("p", 5), ("q", 6)), pair("e2", ("x", 1), ("y", 2)), pair("e3", ("x", 0), ("y", 0))]
PAIRED = PAIRS.conform(pl.DataFrame(ROWS))


class Longer:
    """Expected log ratio: the difference in length."""

    name, kind = "longer", "fake"

    def compare(
        self, texts_a: Sequence[str], texts_b: Sequence[str], captions: Sequence[str | None] | None = None
    ) -> Comparison:
        assert captions is not None
        mean = np.array([len(a) - len(b) for a, b in zip(texts_a, texts_b, strict=True)], np.float32)
        return Comparison(mean, (1 / (1 + np.exp(-mean))).astype(np.float32))


def test_arms_of_one_picture_compete_and_what_tells_nothing_is_counted() -> None:
    found = contests_of(PAIRED)
    assert list(found.contests.experiments) == ["e1", "e1", "e2"]
    assert list(found.contests.contents) == ["c-e1", "c-e1", "c-e2"]
    assert np.bincount(found.contests.contest).tolist() == [2, 3, 2]
    assert sorted(found.contests.clicks) == [1, 2, 5, 6, 10, 20, 30]
    assert found.left_out == {"contests without clicks": 1}
    assert found.contests.utility is None


def test_a_model_gives_each_arm_its_mean_over_its_rivals_and_itself() -> None:
    utility = utilities_by(Longer(), PAIRED)
    assert utility["e1-x"] == pytest.approx(-1.0)
    assert utility["e1-yy"] == pytest.approx(0.0)
    assert utility["e1-zzz"] == pytest.approx(1.0)
    contests = contests_of(PAIRED, utility).contests
    assert contests.utility is not None
    assert np.bincount(contests.contest, contests.utility) == pytest.approx(0.0)


def test_contests_with_an_arm_that_has_no_utility_are_left_out_and_counted() -> None:
    found = contests_of(PAIRED, {"e1-x": 0.1, "e1-yy": 0.2, "e1-zzz": 0.3, "e2-x": 0.0})
    assert list(found.contests.experiments) == ["e1"]
    assert found.left_out == {"contests without clicks": 1, "contests without utilities": 2}
    with pytest.raises(InputError, match="at least two texts under one picture"):
        contests_of(PAIRED, {})
    with pytest.raises(InputError, match="at least two texts under one picture"):
        contests_of(PAIRED.clear())


def test_a_file_of_utilities_is_read_or_refused_by_row(tmp_path: Path) -> None:
    file = tmp_path / "u.csv"
    file.write_text("push_id,utility\na,0.5\nb,-1\n")
    assert read_utilities(file) == {"a": 0.5, "b": -1.0}
    file.write_text("push_id,utility\na,0.5\nb,much\n")
    with pytest.raises(InputError, match=r"row 2.*utility"):
        read_utilities(file)
