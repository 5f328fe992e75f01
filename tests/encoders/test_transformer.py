import numpy as np
import pytest

from pushgen.errors import ConfigurationError

pytest.importorskip("transformers")

from pushgen.encoders.transformer import MiniLMEncoder, TransformerEncoderConf

TEXTS = [
    "A cat sleeps on the warm radiator.",
    "A kitten naps by the heater.",
    "Interest rates rise by a quarter point.",
]


def test_known_similarities() -> None:
    """Paraphrases are close and other topics far, as published for this model."""
    rows = MiniLMEncoder().encode(TEXTS)
    assert rows[0] @ rows[1] > 0.5
    assert rows[0] @ rows[2] < 0.2


def test_reduced_precision_has_another_name_and_nearly_the_same_rows() -> None:
    full = MiniLMEncoder()
    reduced = MiniLMEncoder(TransformerEncoderConf(reduced_precision=True))
    assert full.name != reduced.name
    assert np.min(np.sum(full.encode(TEXTS) * reduced.encode(TEXTS), axis=1)) > 0.99


def test_only_the_first_tokens_are_read() -> None:
    short = MiniLMEncoder(TransformerEncoderConf(max_tokens=5))
    rows = short.encode(["one two three four five", "one two three and then another ending"])
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-5)


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="max_tokens must be at least 3"):
        MiniLMEncoder(TransformerEncoderConf(max_tokens=2))


def test_first_token_pooling_is_another_encoder() -> None:
    mean, first = MiniLMEncoder(), MiniLMEncoder(TransformerEncoderConf(pooling="cls"))
    assert mean.name != first.name
    assert np.abs(mean.encode(TEXTS) - first.encode(TEXTS)).max() > 0.01
