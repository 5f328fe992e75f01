"""The corpus on disk: Parquet parts, the funnel, the manifest."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pushgen.curation.counts import LogTables
from pushgen.curation.curate import choose, corpus_parts
from pushgen.curation.funnel import Funnel, Step
from pushgen.curation.settings import CurationConfig
from pushgen.manifest import Manifest, is_finished, write_json, write_manifest
from pushgen.progress import track
from pushgen.protocols import Encoder, StyleLabeller
from pushgen.settings import as_dict
from pushgen.tables import CORPUS, write_table

STAGE = "curate"


def write_corpus(
    log: LogTables,
    folder: Path,
    config: CurationConfig,
    *,
    inputs: Mapping[str, str],
    labeller: StyleLabeller | None = None,
    encoder: Encoder | None = None,
) -> Funnel:
    """Curates a log into `folder/corpus/part-*.parquet`, `folder/funnel.json` and the manifest.

    `inputs` holds the name and SHA-256 of what is read. A folder that holds the finished result of the same inputs,
    configuration, labeller and encoder is left as it is and its funnel returned. The parts are written by rename and
    the manifest last, so that a run that was killed is simply run again.
    """
    started = time.monotonic()
    configuration = as_dict(config) | {
        "labeller": labeller.name if labeller else None,
        "encoder": encoder.name if encoder else None,
    }
    work = Manifest(stage=STAGE, configuration=configuration, inputs=inputs, rows_in=0, rows_out=0)
    if is_finished(folder, work.key):
        return read_funnel(folder)
    (folder / "manifest.json").unlink(missing_ok=True)
    rows, funnel = choose(log, config, labeller=labeller, encoder=encoder)
    parts = folder / "corpus"
    for old in parts.glob("*.parquet"):
        old.unlink()
    total = max(1, -(-rows.height // config.part_rows))
    frames = corpus_parts(log, rows, config.part_rows) if rows.height else iter([CORPUS.frame(())])
    for index, frame in enumerate(track(frames, "Writing the corpus", total)):
        write_table(frame, parts / f"part-{index:05d}.parquet", CORPUS)
    write_json(folder / "funnel.json", funnel.as_dict())
    manifest = Manifest(
        stage=STAGE,
        configuration=configuration,
        inputs=inputs,
        rows_in=funnel.rows_in,
        rows_out=funnel.rows_out,
        dropped=funnel.dropped,
        seed=config.soft.seed,
        notes=[*(f"rule {rule} skipped: {why}" for rule, why in funnel.skipped.items()), *funnel.notes],
    )
    write_manifest(folder, manifest, seconds=time.monotonic() - started)
    return funnel


def read_funnel(folder: Path) -> Funnel:
    """The funnel of a finished corpus folder."""
    values: dict[str, Any] = json.loads((folder / "funnel.json").read_text(encoding="utf-8"))
    steps = [Step(**step) for step in values.pop("steps")]
    return Funnel(steps=steps, **values)
