import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")

from pushgen.encoders import NgramEncoder
from pushgen.errors import ConfigurationError, InputError
from pushgen.styles.linear import LinearConf, LinearLabeller

CONFIG = LinearConf(encoder="ngrams", strength=30.0, cue_scale=1.0, balanced=0.0, taxonomy_weight=0.0)
TEXTS = [f"Free {thing} this week" for thing in ("tea", "bread", "soap", "paint", "salt", "seeds")]
TEXTS += [f"Why does {thing} rise?" for thing in ("bread", "smoke", "cream", "rent", "the tide", "the sun")]
TEXTS += [f"{thing} opens on Monday" for thing in ("The pool", "A library", "The bridge", "One school", "The mill")]
STYLES = ["offer"] * 6 + ["question"] * 6 + ["plain"] * 5


@pytest.fixture(scope="module")
def trained() -> LinearLabeller:
    return LinearLabeller.train(TEXTS, STYLES, CONFIG)


def test_learns_what_it_was_shown_and_carries_over(trained: LinearLabeller) -> None:
    new = ["Free rope this week", "Why does the moon rise?", "The old theatre opens on Monday"]
    assert [label.style for label in trained.label(new)] == ["offer", "question", "plain"]


def test_styles_that_never_occurred_are_never_found(trained: LinearLabeller) -> None:
    labels = trained.label(["Breaking: the road is closed", "12 ways to sleep", "", "I miss my mother"])
    assert {label.style for label in labels} <= {"offer", "question", "plain"}


def test_what_is_learned_comes_from_the_labels() -> None:
    turned = {"offer": "question", "question": "plain", "plain": "offer"}
    other = LinearLabeller.train(TEXTS, [turned[style] for style in STYLES], CONFIG)
    new = ["Free rope this week", "Why does the moon rise?", "The old theatre opens on Monday"]
    assert [label.style for label in other.label(new)] == ["question", "plain", "offer"]


def test_the_taxonomy_teaches_styles_that_no_labelled_text_has() -> None:
    taught = LinearLabeller.train(TEXTS, STYLES, replace(CONFIG, taxonomy_weight=1.0))
    assert taught.label(["Breaking: the road is closed"])[0].style == "urgency"


def test_training_twice_gives_the_same_weights(trained: LinearLabeller) -> None:
    np.testing.assert_array_equal(LinearLabeller.train(TEXTS, STYLES, CONFIG).weight_SF, trained.weight_SF)


def test_two_styles_are_enough_and_balancing_helps_the_rare_one() -> None:
    texts, styles = [*TEXTS[:6], TEXTS[6]], [*STYLES[:6], STYLES[6]]
    plain = LinearLabeller.train(texts, styles, CONFIG).scores(["Why do prices rise?"])
    balanced = LinearLabeller.train(texts, styles, replace(CONFIG, balanced=1.0)).scores(["Why do prices rise?"])
    question, offer = 5, 9
    assert balanced[0, question] - balanced[0, offer] > plain[0, question] - plain[0, offer]
    with pytest.raises(ConfigurationError, match="at least two styles"):
        LinearLabeller.train(TEXTS[:6], STYLES[:6], CONFIG)


def test_unknown_style_is_named() -> None:
    with pytest.raises(ConfigurationError, match="no style 'sarcasm'"):
        LinearLabeller.train(TEXTS, ["sarcasm", *STYLES[1:]], CONFIG)


def test_fresh_process_gives_the_same_scores_without_sklearn(trained: LinearLabeller, tmp_path: Path) -> None:
    trained.save(tmp_path, card="# Card", config=CONFIG)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["card.md", "config.json", "model.safetensors"]
    code = (
        "import json, sys; from pathlib import Path; from pushgen.styles.linear import LinearLabeller;"
        "scores = LinearLabeller.load(Path(sys.argv[1])).scores(json.loads(sys.argv[2]));"
        "assert 'sklearn' not in sys.modules and 'torch' not in sys.modules; print(json.dumps(scores.tolist()))"
    )
    arguments = [sys.executable, "-c", code, str(tmp_path), json.dumps(TEXTS)]
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    np.testing.assert_allclose(np.array(json.loads(done.stdout)), trained.scores(TEXTS), rtol=1e-5, atol=1e-5)


def test_another_encoder_is_refused(trained: LinearLabeller, tmp_path: Path) -> None:
    trained.save(tmp_path, card="# Card")
    with pytest.raises(InputError, match="'ngrams-1-512' that the labeller was trained with, found 'ngrams-1-64'"):
        LinearLabeller.load(tmp_path, encoder=NgramEncoder(64))


@pytest.mark.parametrize("damage", ["none", "json", "kind", "features", "weights", "shape"])
def test_a_damaged_folder_names_the_file(trained: LinearLabeller, tmp_path: Path, damage: str) -> None:
    trained.save(tmp_path, card="# Card")
    config, weights = tmp_path / "config.json", tmp_path / "model.safetensors"
    values = json.loads(config.read_text())
    if damage == "none":
        config.unlink()
    elif damage == "json":
        config.write_text("{")
    elif damage == "kind":
        config.write_text(json.dumps({**values, "kind": "reward"}))
    elif damage == "features":
        config.write_text(json.dumps({**values, "features": values["features"][1:]}))
    elif damage == "weights":
        weights.write_bytes(weights.read_bytes()[:100])
    else:
        other = LinearLabeller(
            NgramEncoder(64), "ngrams", trained.ids, {}, np.zeros((13, 82), np.float32), np.zeros(13, np.float32)
        )
        other.save(tmp_path / "other", card="# Card")
        (tmp_path / "other" / "model.safetensors").replace(weights)
    with pytest.raises(InputError, match="model.safetensors" if damage in {"weights", "shape"} else "config.json"):
        LinearLabeller.load(tmp_path)
