"""The hash against its definition, its published vectors and the tests of evenness."""

import hashlib
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pushgen.errors import ConfigurationError, InputError
from pushgen.experiments.buckets import VECTORS, bucket, buckets

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=150)


@pytest.mark.parametrize(("pair", "expected"), VECTORS.items())
def test_published_vectors(pair: tuple[str, str], expected: int) -> None:
    salt, unit_id = pair
    assert bucket(salt, unit_id) == expected
    assert buckets(salt, pl.Series([unit_id])).tolist() == [expected]


def test_the_definition_word_by_word() -> None:
    message = "layer:copy".ljust(64) + "user-1"
    u = int(hashlib.md5(message.encode()).hexdigest()[:8], 16)
    assert bucket("layer:copy", "user-1") == int(float(u) * 1e6 / 2.0**32) == VECTORS["layer:copy", "user-1"]


@given(st.lists(TEXTS, max_size=30), st.text("abc:ü", min_size=1, max_size=30))
@settings(max_examples=80, deadline=None)
def test_a_batch_is_its_ids_one_by_one(ids: list[str], salt: str) -> None:
    found = buckets(salt, pl.Series("id", ids, dtype=pl.String))
    assert found.tolist() == [bucket(salt, unit_id) for unit_id in ids]


def test_slices_and_batches_of_any_size_agree() -> None:
    ids = pl.Series([f"user-{i}" for i in range(40_000)])
    whole = buckets("s", ids)
    assert (buckets("s", ids.slice(12_345, 77)) == whole[12_345:12_422]).all()
    assert buckets("s", pl.Series([7, 12])).tolist() == [bucket("s", "7"), bucket("s", "12")]


def test_buckets_are_even_and_independent_between_salts() -> None:
    ids = pl.Series([str(i) for i in range(300_000)])
    one, other = buckets("arms:a", ids), buckets("arms:b", ids)
    for found in (one, other):
        assert stats.chisquare(np.bincount(found // 1000, minlength=1000)).pvalue > 1e-3
    table = np.zeros((20, 20))
    np.add.at(table, (one // 50_000, other // 50_000), 1)
    test: Any = stats.chi2_contingency(table)
    assert test.pvalue > 1e-3


@pytest.mark.slow
def test_ten_million_ids_are_even() -> None:
    found = buckets("arms:x", pl.int_range(10_000_000, eager=True).cast(pl.String))
    assert stats.chisquare(np.bincount(found // 100, minlength=10_000)).pvalue > 1e-3


@pytest.mark.parametrize("salt", ["", "x" * 65, "name "])
def test_salts_that_could_collide_are_refused(salt: str) -> None:
    with pytest.raises(ConfigurationError, match="salt"):
        buckets(salt, pl.Series(["a"]))


def test_a_missing_id_is_named_by_its_row() -> None:
    with pytest.raises(InputError, match="row 2, field 'user_id'"):
        buckets("s", pl.Series("user_id", ["a", None]))
