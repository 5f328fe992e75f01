"""The audit: what is wrong with a log, how often, and what is done about it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from pushgen.errors import ConfigurationError
from pushgen.logs.log import Log
from pushgen.logs.sample_ratio import sample_ratios
from pushgen.logs.wide import IMPOSSIBLE
from pushgen.tables import EXPERIMENTS

UPWORTHY_WINDOW = "2013-06-25/2014-01-10"
"""A web cache served one arm to many readers then (correction of 2024 to Matias et al., Scientific Data 2021)."""
EXAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditConfig:
    """What takes an experiment out of every comparison."""

    windows: tuple[str, ...] = (UPWORTHY_WINDOW,)
    """Days on which randomisation was broken, FIRST/LAST, both included; tests started then are excluded."""
    sample_ratio_p: float = 1e-3
    """Experiments whose sample-ratio test has a smaller p-value are excluded; 0 excludes none."""

    @classmethod
    def of(cls, log: Log) -> "AuditConfig":
        """The configuration that a log was imported with; for a log without audit, no window."""
        stored = log.audit.get("config")
        if stored is None:
            return cls(windows=())
        return cls(windows=tuple(stored["windows"]), sample_ratio_p=float(stored["sample_ratio_p"]))


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of the audit."""

    check: str
    count: int
    unit: str
    """What is counted: rows, arms, experiments, contents."""
    of: int | None
    """How many of them were looked at."""
    done: str
    """What was done about it."""
    examples: tuple[str, ...] = ()


def exclude(experiments: pl.DataFrame, ratios: pl.DataFrame, config: AuditConfig) -> pl.DataFrame:
    """The experiments with `excluded` set: `window` before `sample ratio`, else what it was."""
    small = ratios.filter(pl.col("p_value") < config.sample_ratio_p)["experiment_id"]
    inside = pl.any_horizontal(pl.lit(False), *(_inside(window) for window in config.windows)).fill_null(False)
    reason = (
        pl.when(inside)
        .then(pl.lit("window"))
        .when(pl.col("experiment_id").is_in(small.implode()))
        .then(pl.lit("sample ratio"))
        .otherwise("excluded")
    )
    return EXPERIMENTS.conform(experiments.with_columns(reason.alias("excluded")))


def inspect(
    *, experiments: pl.DataFrame, exposures: pl.DataFrame, ratios: pl.DataFrame, config: AuditConfig
) -> list[Finding]:
    """The checks that need nothing but the tables of a log, after `exclude`."""
    bad = ratios.filter(pl.col("p_value") < config.sample_ratio_p)
    zero = exposures.filter(pl.col("impressions") == 0)
    uncounted = exposures.filter(pl.col("impressions").is_null())
    windowed = experiments.filter(pl.any_horizontal(pl.lit(False), *(_inside(window) for window in config.windows)))
    undated = experiments.filter(pl.col("started_at").is_null())
    both = windowed.filter(pl.col("experiment_id").is_in(bad["experiment_id"].implode())).height
    findings = [
        Finding(
            "sample-ratio mismatch",
            bad.height,
            "experiments",
            ratios.height,
            f"excluded ({both} of them lie in a window too); p < {config.sample_ratio_p:g} over arms as published",
            _examples(bad.sort("p_value", "experiment_id")["experiment_id"]),
        ),
        Finding(
            "started in an excluded window",
            windowed.height,
            "experiments",
            experiments.height,
            "excluded: " + (", ".join(config.windows) or "no window set"),
            _examples(windowed["experiment_id"]),
        ),
        Finding(
            "without a start date",
            undated.height,
            "experiments",
            experiments.height,
            "kept; windows cannot be checked",
            _examples(undated["experiment_id"]),
        ),
        Finding(
            "zero impressions",
            zero.height,
            "arms",
            exposures.height,
            "kept in the log, left out of pairs",
            _examples(zero["push_id"]),
        ),
        Finding(
            "no counts",
            uncounted.height,
            "arms",
            exposures.height,
            "kept; no p-values, no evidence weights, no sample-ratio test, no pairs",
            _examples(uncounted["push_id"]),
        ),
    ]
    for rule in IMPOSSIBLE:
        broken = exposures.filter(rule.broken.fill_null(False))
        if broken.height:
            findings.append(
                Finding(
                    rule.reason,
                    broken.height,
                    "arms",
                    exposures.height,
                    "still in the log: import it again, which rejects such rows",
                    _examples(broken["push_id"]),
                )
            )
    return findings


def audit_log(log: Log, config: AuditConfig) -> list[Finding]:
    """What the import found in rows and texts, then the checks over the tables as `config` has them."""
    stored = [_restore(found) for found in log.audit.get("import", [])]
    ratios = log.ratios
    if ratios.is_empty():
        ratios = sample_ratios(log.exposures)
    return [
        *stored,
        *inspect(experiments=log.experiments, exposures=log.exposures, ratios=ratios, config=config),
    ]


def _restore(stored: dict[str, Any]) -> Finding:
    return Finding(
        stored["check"], stored["count"], stored["unit"], stored["of"], stored["done"], tuple(stored["examples"])
    )


def summary(experiments: pl.DataFrame, pushes: pl.DataFrame, contents: pl.DataFrame) -> dict[str, Any]:
    """Sizes of a log, and its experiments by reason of exclusion."""
    excluded = experiments.drop_nulls("excluded").group_by("excluded").len().sort("excluded")
    return {
        "contents": contents.height,
        "pushes": pushes.height,
        "experiments": experiments.height,
        "arms": int(experiments["arms"].sum()),
        "excluded": {reason: int(count) for reason, count in excluded.iter_rows()},
    }


def _inside(window: str) -> pl.Expr:
    first, last = parse_window(window)
    return pl.col("started_at").is_between(first, last + timedelta(days=1), closed="left")


def parse_window(window: str) -> tuple[datetime, datetime]:
    """First and last day (UTC) of `FIRST/LAST`. Raises `ConfigurationError` for anything else."""
    try:
        first, last = (datetime.strptime(day.strip(), "%Y-%m-%d").replace(tzinfo=UTC) for day in window.split("/"))
    except ValueError as error:
        raise ConfigurationError(f"windows: expected FIRST/LAST such as {UPWORTHY_WINDOW}, found {window!r}") from error
    if last < first:
        raise ConfigurationError(f"windows: {window!r} ends before it begins")
    return first, last


def _examples(ids: pl.Series) -> tuple[str, ...]:
    return tuple(ids.head(EXAMPLES).to_list())
