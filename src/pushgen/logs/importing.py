"""From source files to a log on disk."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from pushgen.errors import ConfigurationError
from pushgen.intake import ReadOptions
from pushgen.intake.sources import tabular_files
from pushgen.logs.adapters import Adapter, TableAdapter
from pushgen.logs.assemble import Assembled, assemble
from pushgen.logs.audit import AuditConfig, Finding, exclude, inspect, summary
from pushgen.logs.gather import Gatherer
from pushgen.logs.log import Log, write_log
from pushgen.manifest import Manifest, hash_file, is_finished, read_manifest
from pushgen.progress import bar
from pushgen.tables import REJECTS

EMPTY = "nothing left after cleaning"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportConfig:
    """How a log is read and audited."""

    audit: AuditConfig = field(default_factory=AuditConfig)
    read: ReadOptions = field(default_factory=ReadOptions)
    licence: str = ""
    """Terms of the data, in words; they stand on the card of every model trained on them. Empty takes what is known of
    the kind of log."""


def import_log(sources: Sequence[Path], out: Path, adapter: Adapter, config: ImportConfig) -> Log:
    """Reads, cleans, merges and audits a log into the folder `out`; finishes from what is there where it can.

    Raises `InputError` for a file that cannot be used and `ConfigurationError` for one that is given twice.
    """
    started = time.monotonic()
    files = [file for source in sources for file in tabular_files(source)]
    configuration: dict[str, Any] = {"adapter": adapter.name, "windows": list(config.audit.windows)}
    configuration |= {"sample_ratio_p": config.audit.sample_ratio_p, "read": asdict(config.read)}
    configuration["licence"] = config.licence or adapter.licence
    if isinstance(adapter, TableAdapter):
        configuration["mapping"] = asdict(adapter.mapping)
    draft = Manifest(stage="import", configuration=configuration, inputs={}, rows_in=0, rows_out=0)
    if read_manifest(out):
        draft = replace(draft, inputs=_inputs(files))
        if is_finished(out, draft.key):
            return Log.open(out)
    gatherer, rejects, rows = Gatherer(), [REJECTS.schema.to_frame()], 0
    with bar("reading", None) as shown:
        for file in files:
            for batch in adapter.batches(file, config.read):
                gatherer.add(batch)
                named = batch.rejects.with_columns(pl.lit(file.name).alias("file"))
                rejects.append(named)
                rows += batch.rows
                shown.advance(batch.rows + named.height)
    with ThreadPoolExecutor(1, "pushgen-hash") as pool:
        # Assembling keeps one core busy, so the other one hashes meanwhile.
        inputs = pool.submit(_inputs, files)
        log = assemble(gatherer.arms())
        draft = replace(draft, inputs=inputs.result())
    return _write(out, log, rejects, rows, draft, adapter, config, time.monotonic() - started)


def _write(
    out: Path,
    log: Assembled,
    rejects: list[pl.DataFrame],
    accepted: int,
    draft: Manifest,
    adapter: Adapter,
    config: ImportConfig,
    seconds: float,
) -> Log:
    rejected = pl.concat([*rejects, _empty_rejects(log.empty)])
    dropped = Counter(rejected["reason"].to_list())
    lost = int(log.empty["rows"].sum())
    dropped[EMPTY] = lost
    bad_rows = sum(frame.height for frame in rejects)
    experiments = exclude(log.experiments, log.ratios, config.audit)
    found = [*_row_findings(dropped, accepted + bad_rows), *_text_findings(log.counts)]
    checks = inspect(experiments=experiments, exposures=log.exposures, ratios=log.ratios, config=config.audit)
    sizes = summary(experiments, log.pushes, log.contents)
    manifest = Manifest(
        stage=draft.stage,
        configuration=draft.configuration,
        inputs=draft.inputs,
        rows_in=accepted + bad_rows,
        rows_out=accepted - lost,
        dropped={reason: count for reason, count in sorted(dropped.items()) if count},
        notes=adapter.notes,
    )
    return write_log(
        out,
        contents=log.contents,
        pushes=log.pushes,
        exposures=log.exposures,
        experiments=experiments,
        ratios=log.ratios,
        rejects=rejected,
        manifest=manifest,
        audit={
            "summary": sizes,
            "import": [asdict(finding) for finding in found],
            "checks": [asdict(finding) for finding in checks],
            "config": asdict(config.audit),
        },
        seconds=seconds,
    )


def _inputs(files: Sequence[Path]) -> Mapping[str, str]:
    """Name and hash of each file; the place of the file on this machine does not belong into the manifest."""
    inputs: dict[str, str] = {}
    for file in files:
        digest = hash_file(file)
        if digest in inputs.values():
            raise ConfigurationError(
                f"{str(file)!r} has the same content as another source; its counts would count twice"
            )
        name = file.name
        while name in inputs:
            name = f"{file.parent.name}/{name}" if "/" not in name else f"{name}'"
        inputs[name] = digest
    return inputs


def _empty_rejects(empty: pl.DataFrame) -> pl.DataFrame:
    return REJECTS.conform(
        empty.select(
            pl.lit("body").alias("field"),
            pl.lit(EMPTY).alias("reason"),
            pl.concat_str(pl.col("rows").cast(pl.String), pl.lit(" rows: "), pl.col("body").str.slice(0, 100)).alias(
                "value"
            ),
        )
    )


def _row_findings(dropped: Mapping[str, int], rows: int) -> list[Finding]:
    always = ("clicks above impressions",)
    reasons = [*always, *sorted(reason for reason, count in dropped.items() if count and reason not in always)]
    return [Finding(reason, dropped.get(reason, 0), "rows", rows, "rejected, see rejects/") for reason in reasons]


def _text_findings(counts: Mapping[str, int]) -> list[Finding]:
    arms = counts["arms published"]
    merged = "merged into one arm, counts summed"
    return [
        Finding(
            "arms with exactly the same text and picture",
            counts["arms with exactly the same text"],
            "arms",
            arms,
            merged,
        ),
        Finding(
            "arms differing only in white space", counts["arms differing only in white space"], "arms", arms, merged
        ),
        Finding(
            "arms differing only in markup or encoding",
            counts["arms differing only in markup or encoding"],
            "arms",
            arms,
            merged,
        ),
        Finding(
            "push ids with several texts",
            counts["push ids with several texts"],
            "pushes",
            None,
            "later texts got ids of their own",
        ),
        Finding(
            "several captions",
            counts["contents with several captions"],
            "contents",
            None,
            "the caption shown most is kept",
        ),
        Finding(
            "experiments over several contents",
            counts["experiments split by content"],
            "experiments",
            None,
            "split by content",
        ),
    ]
