"""What every retriever must do, run on each of them, on data whose right answer is known."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.recommend.planted import blocks, chain, ranked_popularity

from pushgen.errors import ConfigurationError, InputError
from pushgen.recommend.data.catalogue import Catalogue
from pushgen.recommend.data.jagged import NONE, Jagged
from pushgen.recommend.metrics.ranking import ranking_metrics
from pushgen.recommend.protocols import Cases, Retriever
from pushgen.recommend.registry import KINDS, StoredRetriever, build
from pushgen.recommend.storage import Origin, TrainedRetriever, load_retriever, save_retriever

ITEMS = 31
"""One more than the planted data touch: an item that nobody has."""


@dataclass(frozen=True)
class Kind:
    """How a kind is tested."""

    config: dict[str, Any] = field(default_factory=dict[str, Any])
    needs: str | None = None
    """Package without which it cannot be trained."""
    knows: tuple[str, ...] = ()
    """Which planted truths it must find."""


QUICK = {"epochs": 20, "learning_rate": 0.01, "patience": 0}
CONFIGS = {
    "popularity": Kind(knows=("popularity",)),
    "item-knn": Kind(knows=("blocks", "popularity")),
    "ease": Kind({"regularisation": 5.0}, knows=("blocks", "popularity")),
    "als": Kind({"factors": 8, "iterations": 10}, "implicit", ("blocks", "popularity")),
    "sasrec": Kind(
        {"width": 32, "hidden": 64, "window": 10, "dropout": 0.1, "batch": 32, "training": QUICK},
        knows=("chain", "blocks"),
    ),
    "lightgbm": Kind({"candidates": 20, "trees": 30, "leaves": 7}, "lightgbm", ("chain", "blocks")),
}
TRUTHS: dict[str, Callable[[], tuple[Jagged, Cases]]] = {"chain": chain, "blocks": blocks}
assert set(CONFIGS) == set(KINDS)


def trained(kind: str, training: Jagged, validation: Cases | None = None) -> StoredRetriever:
    needs = CONFIGS[kind].needs
    if needs:
        pytest.importorskip(needs)
    model = build(kind, CONFIGS[kind].config)
    model.fit(training, items=ITEMS, validation=validation)
    return model


@pytest.fixture(scope="module", params=list(CONFIGS))
def model(request: pytest.FixtureRequest) -> StoredRetriever:
    return trained(request.param, blocks()[0])


CATALOGUE = Catalogue.of(f"item {number}" for number in range(ITEMS))
FILES = ["card.md", "config.json", "items.json", "model.safetensors"]
HISTORIES = Jagged.of([[0, 1, 2, 3], [], [7], [29, 28, 28], list(range(30)), [12, 13], [ITEMS - 1]])


class TestContract:
    def test_protocol(self, model: StoredRetriever) -> None:
        assert isinstance(model, Retriever)
        assert model.items == ITEMS

    def test_scores_have_the_shape_and_are_finite(self, model: StoredRetriever) -> None:
        scores = model.scores(HISTORIES)
        assert scores.shape == (len(HISTORIES), ITEMS)
        assert scores.dtype == np.float32
        assert np.isfinite(scores).all()

    def test_a_row_does_not_depend_on_its_neighbours(self, model: StoredRetriever) -> None:
        whole = model.scores(HISTORIES)
        for row in range(len(HISTORIES)):
            np.testing.assert_allclose(model.scores(HISTORIES.slice(row, row + 1))[0], whole[row], atol=2e-5)
        order = np.random.default_rng(0).permutation(len(HISTORIES))
        np.testing.assert_allclose(model.scores(HISTORIES.take(order)), whole[order], atol=2e-5)

    def test_recommendations_are_the_best_scores(self, model: StoredRetriever) -> None:
        scores = model.scores(HISTORIES)
        found = model.recommend(HISTORIES, 5, exclude_seen=False)
        assert found.items.shape == found.scores.shape == (len(HISTORIES), 5)
        np.testing.assert_allclose(found.scores, -np.sort(-scores, axis=1)[:, :5], atol=2e-5)
        np.testing.assert_allclose(np.take_along_axis(scores, found.items, 1), found.scores, atol=2e-5)

    def test_the_history_is_left_out(self, model: StoredRetriever) -> None:
        found = model.recommend(HISTORIES, ITEMS)
        for history, items, scores in zip(HISTORIES, found.items, found.scores, strict=True):
            kept = items[items != NONE]
            assert not set(kept) & set(history)
            assert len(set(kept)) == len(kept) == ITEMS - len(set(history))
            assert np.isneginf(scores[items == NONE]).all()
            assert (items[len(kept) :] == NONE).all()

    def test_more_than_the_catalogue_is_padded(self, model: StoredRetriever) -> None:
        found = model.recommend(HISTORIES, ITEMS + 9, exclude_seen=False)
        assert found.items.shape == (len(HISTORIES), ITEMS + 9)
        assert (np.sort(found.items[:, :ITEMS], axis=1) == np.arange(ITEMS)).all()
        assert (found.items[:, ITEMS:] == NONE).all()

    def test_nobody_gets_nothing(self, model: StoredRetriever) -> None:
        assert model.scores(Jagged.of([])).shape == (0, ITEMS)
        assert model.recommend(Jagged.of([]), 3).items.shape == (0, 3)

    def test_k_must_be_positive(self, model: StoredRetriever) -> None:
        with pytest.raises(ConfigurationError, match="k must be at least 1"):
            model.recommend(HISTORIES, 0)

    def test_an_empty_history_gets_what_many_have(self, model: StoredRetriever) -> None:
        first = model.recommend(Jagged.of([[]]), 30).items[0]
        assert ITEMS - 1 not in first, "nobody has this item"

    def test_a_folder_is_the_model(self, model: StoredRetriever, tmp_path: Path) -> None:
        save_retriever(TrainedRetriever(model, CATALOGUE, Origin(log="0" * 64)), tmp_path)
        assert sorted(file.name for file in tmp_path.iterdir()) == FILES
        loaded = load_retriever(tmp_path)
        assert loaded.catalogue.ids([3]).to_list() == ["item 3"]
        assert loaded.model.config == model.config
        np.testing.assert_allclose(loaded.model.scores(HISTORIES), model.scores(HISTORIES), atol=1e-5)

    def test_a_folder_with_foreign_items_is_refused(self, model: StoredRetriever, tmp_path: Path) -> None:
        save_retriever(TrainedRetriever(model, CATALOGUE, Origin(log="0" * 64)), tmp_path)
        (tmp_path / "items.json").write_text(json.dumps(CATALOGUE.item_ids.to_list()[::-1]))
        with pytest.raises(InputError, match="does not belong to the weights"):
            load_retriever(tmp_path)


def test_folders_score_the_same_in_a_fresh_process(tmp_path: Path) -> None:
    code = (
        "import json, sys, numpy as np; from pathlib import Path\n"
        "from pushgen.recommend.storage import load_retriever\n"
        "from pushgen.recommend.data.jagged import Jagged\n"
        "histories, folder = Jagged.of(json.loads(sys.argv[1])), Path(sys.argv[2])\n"
        "for one in sorted(folder.iterdir()):\n"
        "    np.save(one / 'scores.npy', load_retriever(one).model.scores(histories))\n"
    )
    models: dict[str, StoredRetriever] = {}
    for kind, one in CONFIGS.items():
        if one.needs is None or importlib.util.find_spec(one.needs):
            models[kind] = trained(kind, blocks(users=60)[0])
            save_retriever(TrainedRetriever(models[kind], CATALOGUE, Origin(log="0" * 64)), tmp_path / kind)
    rows = json.dumps([row.tolist() for row in HISTORIES])
    subprocess.run([sys.executable, "-c", code, rows, str(tmp_path)], check=True)
    for kind, model in models.items():
        np.testing.assert_allclose(np.load(tmp_path / kind / "scores.npy"), model.scores(HISTORIES), atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "truth"), [(kind, truth) for kind, one in CONFIGS.items() for truth in one.knows if truth in TRUTHS]
)
def test_planted_truth_is_found(kind: str, truth: str) -> None:
    training, cases = TRUTHS[truth]()
    found = trained(kind, training).recommend(cases.histories, 5)
    size = int(cases.targets.lengths[0])
    recall = ranking_metrics(found.items, cases.targets, [size])[f"recall@{size}"].mean()
    assert recall > 0.95, f"{kind} finds {recall:.2f} of {truth}"


@pytest.mark.parametrize("kind", [kind for kind, one in CONFIGS.items() if "popularity" in one.knows])
def test_a_user_of_whom_nothing_is_known_gets_the_popular_items(kind: str) -> None:
    model = trained(kind, ranked_popularity(ITEMS))
    assert model.recommend(Jagged.of([[]]), 10).items[0].tolist() == list(range(10))


def test_popularity_does_not_know_the_planted_truths() -> None:
    """The truths cannot be found by counting: else the tests above would show nothing."""
    for truth in TRUTHS.values():
        training, cases = truth()
        found = trained("popularity", training).recommend(cases.histories, 5)
        assert ranking_metrics(found.items, cases.targets, [2])["recall@2"].mean() < 0.3


@pytest.mark.parametrize("kind", list(CONFIGS))
def test_the_same_data_and_seed_give_the_same_model(kind: str) -> None:
    training, cases = blocks(users=60)
    one, other = (trained(kind, training, cases) for _ in range(2))
    for name, array in one.tensors().items():
        np.testing.assert_array_equal(array, other.tensors()[name])
