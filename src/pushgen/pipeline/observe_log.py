"""An experiment of an imported log as the analysis wants it: its pushes are the arms."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pushgen.errors import InputError
from pushgen.experiments.observations import OBSERVATIONS, Check, Observations, observe
from pushgen.experiments.traffic import sample_ratio_check
from pushgen.logs.log import Log
from pushgen.records import push_text


@dataclass(frozen=True, slots=True)
class Observed:
    """An experiment and what its arms say."""

    observations: Observations
    texts: Mapping[str, str]
    """Text of each push."""


def observe_log(folder: Path, experiment: str | None, sample_ratio_p: float) -> Observed:
    """One experiment of a log. The sample ratio is that of the arms as published, before equal texts were merged.

    Raises `InputError` where several experiments are there and none is named, and for a log of rates without counts.
    """
    log = Log.open(folder)
    ids = log.experiments["experiment_id"].to_list()
    name = ids[0] if experiment is None and len(ids) == 1 else experiment
    rows = log.exposures.filter(pl.col("experiment_id") == name) if name else log.exposures.clear()
    if rows.is_empty():
        raise InputError(
            file=str(folder),
            field="experiment_id",
            expected="one experiment" if experiment is None else f"the experiment {experiment!r}",
            found=f"{len(ids)} experiments, such as {', '.join(ids[:3])}" if ids else "no experiment",
            remedy="Name one of them with --experiment.",
        )
    if rows["impressions"].has_nulls() or rows["clicks"].has_nulls():
        raise InputError(
            file=str(folder),
            field="impressions",
            expected="impressions and clicks of every arm",
            found="an arm without counts",
            remedy="A log that publishes rates alone cannot be analysed.",
        )
    checks: list[Check] = []
    ratio = log.ratios.filter(pl.col("experiment_id") == name)
    if ratio.height:
        counted = f"{ratio['impressions'].item():,} impressions in {ratio['arms'].item()} arms as published"
        checks.append(sample_ratio_check(ratio["p_value"].item(), counted, sample_ratio_p))
    reason = log.experiments.filter(pl.col("experiment_id") == name)["excluded"].item()
    if reason:
        checks.append(Check(name="audit", state="broken", words=f"the audit excluded this experiment: {reason}"))
    frame = OBSERVATIONS.conform(rows.with_columns(pl.col("push_id").alias("arm")))
    pushes = log.pushes.filter(pl.col("push_id").is_in(rows["push_id"].implode()))
    texts = {
        push: push_text(title, body) for push, title, body in pushes.select("push_id", "title", "body").iter_rows()
    }
    return Observed(observe(frame, str(name), checks=checks), texts)
