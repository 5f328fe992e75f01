"""A reranker as a folder: `config.json`, `model.safetensors`, `semantic_ids.safetensors`, `card.md`. Never pickle.

`config.json`, which makes the folder a model, is written last.
"""

import json
from pathlib import Path
from typing import Any

from pushgen.errors import ConfigurationError, InputError
from pushgen.manifest import write_json
from pushgen.recommend.rerank.kinds import build
from pushgen.recommend.rerank.reranker import NetworkReranker
from pushgen.recommend.rerank.settings import RerankConfig
from pushgen.recommend.tokenize.semantic_ids import SemanticIds
from pushgen.settings import as_dict, override
from pushgen.training.precision import best_device

FORMAT = "pushgen-reranker-1"


def save_reranker(model: NetworkReranker, folder: Path) -> None:
    """Writes the folder; a model that lies there is replaced."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").unlink(missing_ok=True)
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in model.network.state_dict().items()}
    save_file(weights, folder / "model.safetensors")
    model.ids.save(folder)
    (folder / "card.md").write_text(_card(model), encoding="utf-8")
    write_json(
        folder / "config.json",
        {"format": FORMAT, "config": as_dict(model.config), "items": model.items, "figures": model.figures},
    )


def load_reranker(folder: Path) -> NetworkReranker:
    """The model of a folder on the best device. Raises `InputError` where the folder is no complete reranker."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        values: Any = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if values.get("format") != FORMAT:
            raise ValueError(f"the format {values.get('format')!r}")
        config = override(RerankConfig(), values["config"], source=str(folder / "config.json"))
        ids = SemanticIds.load(folder)
        network = build(ids, config)
        network.load_state_dict(load_file(folder / "model.safetensors"))
    except (OSError, SafetensorError, KeyError, AttributeError, ValueError, RuntimeError, ConfigurationError) as error:
        raise InputError(
            file=str(folder),
            expected=f"a complete reranker of the format {FORMAT!r}",
            found=str(error).strip().splitlines()[0],
            remedy="Train it again, or copy the whole folder again.",
        ) from error
    return NetworkReranker(network.to(best_device()), ids, config, name=folder.name, figures=values["figures"])


def _card(model: NetworkReranker) -> str:
    network, found = model.config.network, model.ids.collisions
    lines = [
        f"# {model.name}",
        "",
        f"A reranker of the kind `{model.config.kind}`: lists of {network.length} items out of a pool, for the "
        f"{network.history} newest items of a history. Width {network.width}, {network.layers} layers, "
        f"{model.parameters:,} parameters.",
        "",
        f"{model.items:,} items in codes of {' x '.join(map(str, model.ids.sizes))}; {found.shared:,} items share "
        f"theirs with another, {found.largest} in the largest group.",
        "",
        "| figure | value |",
        "|---|---|",
        *(f"| {name.replace('_', ' ')} | {value} |" for name, value in model.figures.items()),
        "",
        "Validation is the mean discounted gain of the lists (negated) for `supervised` and `policy`, a cross-entropy "
        "for `evaluator`.",
        "",
    ]
    return "\n".join(lines)
