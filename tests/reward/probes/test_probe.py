"""A log in which what readers like is planted, and models that like it as much, more, or not at all."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from pushgen.errors import InputError
from pushgen.protocols import Comparison, StyleLabel
from pushgen.reward.probes import Probes, probe
from pushgen.tables import PAIRS

EFFECT = 0.3
"""What a question mark adds to the log-CTR of readers."""


class Marks:
    """A model that pays `worth` for each question mark and `digits` for each digit."""

    name, kind = "marks", "score"

    def __init__(self, worth: float, digits: float = 0.0) -> None:
        self.worth, self.digits = worth, digits

    def compare(
        self, texts_a: Sequence[str], texts_b: Sequence[str], captions: Sequence[str | None] | None = None
    ) -> Comparison:
        del captions

        def utility(text: str) -> float:
            return self.worth * text.count("?") + self.digits * sum(sign.isdigit() for sign in text)

        mean = np.array([utility(a) - utility(b) for a, b in zip(texts_a, texts_b, strict=True)], np.float32)
        return Comparison(mean, (1 / (1 + np.exp(-mean))).astype(np.float32))


class Asks:
    name = "asks"

    def label(self, texts: Sequence[str]) -> list[StyleLabel]:
        return [StyleLabel("question" if "?" in text else "plain", 1.0) for text in texts]


def planted(experiments: int = 600, shown: int = 3000, seed: int = 0) -> pl.DataFrame:
    """Pairs in which a question mark is worth EFFECT and nothing else is worth anything."""
    generator = np.random.default_rng(seed)
    words = ["harbour", "baker", "garden", "window", "teacher", "river"]
    rows: list[dict[str, object]] = []
    for number in range(experiments):
        sides: list[tuple[str, int]] = []
        for _ in range(2):
            asks, digit = generator.random() < 0.5, generator.random() < 0.5
            text = f"the {' '.join(generator.choice(words, 3))} {'4' if digit else 'and'}{'?' if asks else '.'}"
            rate = 0.02 * np.exp(EFFECT * asks + generator.normal(0, 0.15))
            sides.append((text, int(generator.poisson(shown * rate))))
        (a, clicks_a), (b, clicks_b) = sides
        rows.append({
            "experiment_id": f"e{number}", "content_id": f"c{number}", "push_a": f"{number}a", "push_b": f"{number}b",
            "text_a": a, "text_b": b, "impressions_a": shown, "clicks_a": clicks_a,
            "impressions_b": shown, "clicks_b": clicks_b,
        })  # fmt: skip
    return PAIRS.conform(pl.DataFrame(rows))


def probed(model: Marks, pairs: pl.DataFrame, most: int = 100) -> Probes:
    mean = model.compare(pairs["text_a"].to_list(), pairs["text_b"].to_list()).mean
    return probe(model, pairs, mean, labeller=Asks(), most=most, draws=200)


@pytest.fixture(scope="module")
def pairs() -> pl.DataFrame:
    return planted()


def test_a_model_that_is_right_overstates_nothing(pairs: pl.DataFrame) -> None:
    found = probed(Marks(EFFECT), pairs)
    marks = next(row for row in found.measures if row.measure == "question marks")
    assert marks.verdict == "no difference shown"
    assert marks.observed_slope.low < EFFECT * marks.spread < marks.observed_slope.high
    assert marks.model_slope.value == pytest.approx(EFFECT * marks.spread, rel=1e-5)
    # All that the model knows is the mark; noise hides a part of what the mark is worth to readers.
    assert marks.model.value == pytest.approx(1.0)
    assert marks.observed.value < marks.true.value
    asks = next(row for row in found.styles if row.measure == "question")
    assert asks.observed_slope.low < EFFECT < asks.observed_slope.high


@pytest.mark.parametrize(("worth", "verdict"), [(0.9, "overstates"), (0.05, "understates"), (-0.5, "overstates")])
def test_a_model_that_is_wrong_is_found_out(pairs: pl.DataFrame, worth: float, verdict: str) -> None:
    found = probed(Marks(worth), pairs)
    assert next(row for row in found.measures if row.measure == "question marks").verdict == verdict
    assert next(row for row in found.styles if row.measure == "question").verdict == verdict


def test_noise_that_is_taken_out_gives_the_true_correlation() -> None:
    """With few clicks the observed correlation halves, and the corrected one stays."""
    truth = EFFECT * 0.5**0.5 / np.sqrt(EFFECT**2 * 0.5 + 2 * 0.15**2)
    for shown in (800, 20_000):
        found = probed(Marks(EFFECT), planted(1200, shown, seed=3), most=1)
        marks = next(row for row in found.measures if row.measure == "question marks")
        assert marks.true.low < truth < marks.true.high
        assert (marks.observed.value < 0.75 * truth) == (shown == 800)


def test_edits_measure_the_model_and_not_the_readers(pairs: pl.DataFrame) -> None:
    edits = {edit.edit: edit for edit in probed(Marks(0.7, digits=0.1), pairs).edits}
    assert edits["a question mark at the end"].mean.value == pytest.approx(0.7, abs=1e-6)
    assert edits["full stops for question marks"].mean.value == pytest.approx(-0.7, abs=1e-6)
    assert edits["full stops for question marks"].size.value == pytest.approx(0.7, abs=1e-6)
    assert edits["a number in words (3 to three)"].mean.value == pytest.approx(-0.1, abs=1e-6)
    assert edits["an emoji at the end"].p.value == 0.5
    assert edits["without emoji"].texts == 0
    assert edits["an emoji at the end"].texts == 100


def test_near_copies_that_a_model_tells_apart(pairs: pl.DataFrame) -> None:
    twins = pairs.with_columns(text_b=pl.col("text_a") + "?")
    generator = np.random.default_rng(5)
    clicks = [pl.Series(side, generator.poisson(60, pairs.height)) for side in ("clicks_a", "clicks_b")]
    twins = twins.with_columns(clicks)
    loud, mute = probed(Marks(0.8), twins).near_copies, probed(Marks(0.0), twins).near_copies
    assert loud.pairs == mute.pairs == pairs.height
    assert loud.overstates
    assert not mute.overstates
    assert mute.true.low < 0.0 < mute.true.high


def test_measures_that_do_not_vary_and_logs_without_clicks(pairs: pl.DataFrame) -> None:
    found = probed(Marks(0.3), pairs)
    assert next(row for row in found.measures if row.measure == "emoji").verdict == "does not vary"
    with pytest.raises(InputError, match="clicks"):
        probed(Marks(0.3), pairs.with_columns(clicks_a=0, clicks_b=0))
