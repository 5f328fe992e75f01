"""The steps of import and curation in plain pandas: what a careful analyst would write without PushGen.

It validates, aggregates, cleans each distinct text once with PushGen's own `clean_text`, merges arms, runs the
sample-ratio test, applies the hard filter, crops by a quantile of the shrunk CTR and writes the corpus. It does not
write the tables of the log, hash its inputs or keep a funnel, which the import and the curation do.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from pushgen.statistics.shrinkage import fit_beta
from pushgen.text.clean import clean_text

COUNTS = ["impressions", "clicks", "short_views", "long_views", "dislikes"]


def run(source: Path, out: Path) -> int:
    """Writes `corpus.parquet` and `rejects.parquet`; the number of corpus rows."""
    out.mkdir(parents=True, exist_ok=True)
    if source.suffix == ".csv":
        rows: Any = pd.read_csv(source, parse_dates=["time"])
    else:
        rows = pd.read_parquet(source)
        rows["time"] = pd.to_datetime(rows["time"])
    rows = _valid(rows, out)
    arms = rows.groupby(["experiment", "content", "image", "text"], as_index=False, sort=False).agg(
        dict.fromkeys(COUNTS, "sum") | {"time": "min"}
    )
    del rows
    texts = arms["text"].unique()
    arms["clean"] = arms["text"].map(dict(zip(texts, [clean_text(text) for text in texts], strict=True)))
    arms = arms[arms["clean"] != ""]
    excluded = _unequal(arms)
    pushes = arms.groupby(["experiment", "content", "image", "clean"], as_index=False, sort=False)[COUNTS].sum()
    pushes = pushes[~pushes["experiment"].isin(excluded)]
    keys = pushes["content"] + "\x1f" + pushes["image"] + "\x1f\x1e\x1f" + pushes["clean"]
    pushes["push_id"] = [hashlib.sha256(key.encode()).hexdigest()[:20] for key in keys]
    corpus = _curate(pushes)
    corpus.to_parquet(out / "corpus.parquet", index=False, compression="zstd")
    return len(corpus)


def _valid(rows: Any, out: Path) -> Any:
    """The good rows; the others are written with the first thing that is wrong."""
    faults = {
        "missing value": rows["text"].isna() | rows["content"].isna(),
        "text too long": rows["text"].str.len() > 100_000,
        "below the minimum": (rows[COUNTS] < 0).any(axis=1),
        "clicks above impressions": rows["clicks"] > rows["impressions"],
        "short views above clicks": rows["short_views"] > rows["clicks"],
        "long views above clicks": rows["long_views"] > rows["clicks"],
        "dislikes above impressions": rows["dislikes"] > rows["impressions"],
    }
    reason = pd.Series(np.select([fault.fillna(False) for fault in faults.values()], list(faults), ""), rows.index)
    bad = reason != ""
    rows[bad].assign(reason=reason[bad]).to_parquet(out / "rejects.parquet", index=True)
    return rows[~bad]


def _unequal(arms: Any) -> Any:
    """Experiments that fail the sample-ratio test."""
    groups = arms.groupby("experiment")["impressions"].agg(["size", "mean", lambda x: x.var(ddof=0)])
    groups.columns = ["size", "mean", "variance"]
    groups = groups[(groups["size"] > 1) & (groups["mean"] > 0)]
    p = chdtrc(groups["size"] - 1.0, groups["variance"] * groups["size"] / groups["mean"])
    return groups.index[p < 1e-3]


def _curate(pushes: Any) -> Any:
    rows = pushes.groupby(["content", "clean"], as_index=False).agg(dict.fromkeys(COUNTS, "sum") | {"push_id": "min"})
    rows = rows[rows["impressions"] > 0].sort_values("push_id")
    prior = fit_beta(rows["clicks"].to_numpy(), rows["impressions"].to_numpy())
    ctr = rows["clicks"] / rows["impressions"]
    keep = (rows["impressions"] > 800) & (ctr > 0.006)
    keep &= rows["short_views"] / rows["clicks"] < 0.40
    keep &= rows["long_views"] / rows["clicks"] > 0.50
    keep &= rows["dislikes"] / rows["impressions"] < 0.01
    rows, ctr = rows[keep], ctr[keep]
    shrunk = pd.Series(prior.shrink(rows["clicks"].to_numpy(), rows["impressions"].to_numpy()), rows.index)
    inside = shrunk.rank(method="first") > int(len(rows) * 0.30 + 1e-9)
    rows, ctr = rows[inside].copy(), ctr[inside]
    exposure = np.log2(1 + rows["impressions"].clip(upper=10_000) / 10_000)
    rows["weight"] = 0.30 + 0.35 * ctr.clip(upper=0.10) / 0.10 + 0.35 * exposure
    return rows.rename(columns={"clean": "text", "content": "content_id"})[
        ["push_id", "content_id", "text", "weight", "impressions", "clicks"]
    ]
