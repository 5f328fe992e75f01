import numpy as np
import pytest

from pushgen.encoders import NgramEncoder, ngrams
from pushgen.errors import ConfigurationError


def test_rows_are_the_same_bits_whatever_the_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"push number {number} about 北京 and tea" for number in range(300)]
    whole = NgramEncoder(128).encode(texts)
    monkeypatch.setattr(ngrams, "CHUNK_CHARACTERS", 50)
    np.testing.assert_array_equal(NgramEncoder(128).encode(texts), whole)


def test_golden_row() -> None:
    """The features are part of saved models: they must never change under the same name."""
    row = NgramEncoder(16).encode(["Tea at 5?"])[0]
    np.testing.assert_allclose(row, GOLDEN, atol=1e-6)


GOLDEN = [
    *(0.2581989, 0.0, -0.2581989, 0.0, 0.0, 0.2581989, 0.4472136, -0.2581989),
    *(0.2581989, 0.0, 0.3651484, 0.0, 0.4472136, 0.2581989, 0.0, 0.2581989),
]


def test_case_width_and_white_space_do_not_count() -> None:
    rows = NgramEncoder().encode(["Tea  for\ttwo", "TEA FOR TWO ", "Ｔea for two"])
    np.testing.assert_array_equal(rows[0], rows[1])
    np.testing.assert_array_equal(rows[0], rows[2])


def test_single_characters_count_in_chinese_only() -> None:
    encoder = NgramEncoder(4096)
    chinese = encoder.encode(["茶", "喝茶吗"])
    latin = encoder.encode(["q", "xqx"])
    assert chinese[0] @ chinese[1] > 0.1
    assert abs(float(latin[0] @ latin[1])) < 0.05


def test_related_chinese_texts_are_closer() -> None:
    rows = NgramEncoder().encode(["北京今天有大雨", "今天北京大雨", "教你三步做红烧肉"])
    assert rows[0] @ rows[1] > 0.3 > rows[0] @ rows[2]


def test_too_small_a_dimension_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="at least 8, found 4"):
        NgramEncoder(4)
