"""Requests for the reranking benchmarks, made once and kept in a folder of their own."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pushgen.encoders import open_encoder
from pushgen.recommend.data.filter import FilterConfig, filtered
from pushgen.recommend.data.histories import Histories, histories
from pushgen.recommend.data.jagged import Jagged, offsets_of
from pushgen.recommend.metrics.ranking import ranking_metrics
from pushgen.recommend.protocols import Retriever
from pushgen.recommend.registry import build
from pushgen.recommend.rerank.examples import Examples
from pushgen.recommend.rerank.lists import ListConfig, ListSplit, split_lists
from pushgen.recommend.rerank.pools import PoolConfig, PoolKind, cross_fitted_examples, make_examples
from pushgen.recommend.sources import import_interactions, movielens, sequences
from pushgen.recommend.tokenize.interaction_vectors import interaction_vectors
from pushgen.recommend.tokenize.multi_head import QuantiserConfig, fit_quantiser
from pushgen.recommend.tokenize.semantic_ids import SemanticIds

SETS = {"ml-1m": ("movielens_1m", movielens), "beauty": ("amazon_beauty", sequences)}
RETRIEVER = "item-knn"
"""The best of item-kNN, EASE and popularity by recall@50 on the validation lists of both sets: run this file."""
Sources = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Data:
    """One data set, split into lists."""

    name: str
    whole: Histories
    items: pl.DataFrame
    """Title, text and attributes of the catalogue, in its order."""
    split: ListSplit

    @property
    def size(self) -> int:
        """Items of the catalogue."""
        return len(self.whole.catalogue)


def load(name: str, work: Path) -> Data:
    """Imports a data set and splits it; users with at least 12 interactions validate and test."""
    folder = os.environ.get("PUSHGEN_DATA")
    if not folder:
        sys.exit("set PUSHGEN_DATA to the folder that holds movielens_1m/ and amazon_beauty/")
    place, reader = SETS[name]
    log = import_interactions(reader(Path(folder) / place), work / name / "log")
    whole = histories(filtered(log, FilterConfig()))
    items = whole.catalogue.item_ids.to_frame().join(log.items, on="item_id", how="left", maintain_order="left")
    return Data(name, whole, items, split_lists(whole.items, ListConfig()))


def retriever(data: Data) -> Retriever:
    """Fitted on all training histories."""
    model = build(RETRIEVER)
    model.fit(data.split.training, items=data.size)
    return model


def retriever_recall(data: Data, kind: str, config: dict[str, Any]) -> float:
    """Share of the items of validation lists among the 50 best."""
    model = build(kind, dict(config))
    model.fit(data.split.training, items=data.size)
    found = model.recommend(data.split.validation.histories, 50).items
    return float(ranking_metrics(found, data.split.validation.targets, [50])["recall@50"].mean())


def requests(data: Data, kind: PoolKind, work: Path) -> dict[str, Examples]:
    """Training, validation and test requests with their pools."""
    folder = work / data.name / kind
    if not (folder / "done").is_file():
        split, config = data.split, PoolConfig(kind=kind, seed=1)
        folder.mkdir(parents=True, exist_ok=True)
        model = retriever(data)
        made = {
            "train": cross_fitted_examples(
                lambda: build(RETRIEVER), split.training, split.training_users, split.lists, data.size, config
            ),
            "validation": make_examples(split.validation, model, config),
            "test": make_examples(split.test, model, config),
        }
        for part, examples in made.items():
            _save(examples, folder / f"{part}.npz")
        (folder / "done").touch()
    return {part: _load(folder / f"{part}.npz") for part in ("train", "validation", "test")}


def item_ids(data: Data, sources: Sources, work: Path, quantiser: QuantiserConfig | None = None) -> SemanticIds:
    """Codes of the catalogue from `text`, from `interactions` or from both; without a source, one code per item."""
    if not sources:
        return SemanticIds.atomic(data.size)
    vectors = np.concatenate([_unit(item_vectors(data, source, work)) for source in sources], axis=1)
    return fit_quantiser(vectors, quantiser or QuantiserConfig()).table(vectors)


def item_vectors(data: Data, source: str, work: Path) -> NDArray[np.float32]:
    """Vectors of the catalogue from titles and attributes, or from the training histories."""
    file = work / data.name / f"{source}.npy"
    if not file.is_file():
        if source == "text":
            texts = [_text(row) for row in data.items.iter_rows(named=True)]
            found = np.asarray(open_encoder("minilm").encode(texts), np.float32)
        else:
            found = interaction_vectors(data.split.training, data.size)
        np.save(file, found)
    return np.load(file)


def facts(data: Data) -> dict[str, int]:
    """What the split counts."""
    lengths = data.whole.items.lengths
    return {
        "users": len(lengths),
        "items": data.size,
        "interactions": int(lengths.sum()),
        "users with at least 12 interactions": data.split.users,
        "training lists": len(data.split.lists),
    }


def _text(row: dict[str, Any]) -> str:
    words = [word.removeprefix("genre=") for word in row["attributes"] or [] if word.startswith("genre=")]
    return " ".join([row["title"] or "", *([f"({', '.join(words)})"] if words else [])])


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    centred = vectors - vectors.mean(axis=0)
    return centred / float(np.sqrt((centred**2).sum(axis=1).mean()))


def _save(examples: Examples, file: Path) -> None:
    histories = examples.histories
    np.savez(
        file,
        values=histories.values,
        lengths=histories.lengths,
        pools=examples.pools,
        feedback=examples.feedback,
        references=examples.references,
        users=examples.users,
    )


def _load(file: Path) -> Examples:
    with np.load(file) as held:
        rows = Jagged(held["values"], offsets_of(held["lengths"]))
        return Examples(rows, held["pools"], held["feedback"], held["references"], held["users"])


def main() -> None:
    """Prints what the retrievers find, from which `RETRIEVER` was chosen."""
    work = Path(sys.argv[1])
    for name in SETS:
        data = load(name, work)
        print(json.dumps({name: facts(data)}))
        for kind, config in (
            ("popularity", {}),
            *(("item-knn", {"decay": decay}) for decay in (0.8, 0.9, 0.95, 1.0)),
            ("ease", {"regularisation": 250.0}),
        ):
            print(name, kind, config, f"{retriever_recall(data, kind, config):.4f}", flush=True)


if __name__ == "__main__":
    main()
