"""Folds: no near-copy and no content crosses them, and they do not depend on the order of the rows."""

import polars as pl
import pytest

from pushgen.errors import ConfigurationError
from pushgen.reward.folds import folds_of, hashed


def rows(*experiments: tuple[str, str, str, str]) -> pl.DataFrame:
    names = ("experiment_id", "content_id", "text_a", "text_b")
    return pl.DataFrame([dict(zip(names, one, strict=True)) for one in experiments])


def test_near_copies_and_contents_stay_together() -> None:
    long = "the seven bakers of the old harbour town who never sleep before the bread is done"
    linked = [
        ("e1", "c1", long, "a"),
        ("e2", "c2", f"{long}!", "b"),  # a near-copy of e1
        ("e3", "c2", "c", "d"),  # the content of e2
    ]
    alone = [(f"x{number}", f"y{number}", f"word{number} alone", f"other{number} text") for number in range(200)]
    found = dict(folds_of(rows(*linked, *alone)).iter_rows())
    assert found["e1"] == found["e2"] == found["e3"]
    sizes = [list(found.values()).count(fold) for fold in range(5)]
    assert min(sizes) > 20
    assert dict(folds_of(rows(*reversed(alone), *reversed(linked))).iter_rows()) == found


def test_hashed_ids_name_every_experiment_once(new_pairs: pl.DataFrame) -> None:
    folds = folds_of(new_pairs, 3)
    shown = hashed(folds)
    assert sorted(shown) == ["0", "1", "2"]
    assert sum(len(ids.split()) for ids in shown.values()) == new_pairs["experiment_id"].n_unique()
    assert "e1" not in " ".join(shown.values()).split()


def test_one_fold_is_refused(new_pairs: pl.DataFrame) -> None:
    with pytest.raises(ConfigurationError, match="at least 2"):
        folds_of(new_pairs, 1)
