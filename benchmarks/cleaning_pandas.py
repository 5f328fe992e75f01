"""The steps of import and curation in plain pandas: what an analyst would write without PushGen, step by step.

Whole columns at a time throughout, no loop over rows; each distinct text is cleaned once, with PushGen's own
`clean_text`. It leaves behind the same things: rejects with row, field, reason and value; the tables of the log; what
the audit counts; the corpus. It hashes no inputs and keeps no funnel.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from pushgen.statistics.shrinkage import fit_beta
from pushgen.text.clean import clean_text

COUNTS = ["impressions", "clicks", "short_views", "long_views", "dislikes"]
TEXTS = ["experiment", "content", "text", "image"]
ARM = ["experiment", "content", "image", "text", "raw"]


def run(source: Path, out: Path) -> int:
    """Writes the log, the rejects, the audit and the corpus; the number of corpus rows."""
    out.mkdir(parents=True, exist_ok=True)
    rows = _read(source)
    rows = _valid(rows, out)
    rows["raw"] = rows["text"]
    distinct = rows["text"].unique()
    rows["text"] = rows["text"].map(dict(zip(distinct, [clean_text(text) for text in distinct], strict=True)))
    rows = rows[rows["text"] != ""]
    arms = rows.groupby(ARM, as_index=False, sort=False).agg(dict.fromkeys(COUNTS, "sum") | {"time": "min"})
    pushes = _log(arms, out)
    corpus = _curate(pushes)
    corpus.to_parquet(out / "corpus.parquet", index=False, compression="zstd")
    return len(corpus)


def _read(source: Path) -> Any:
    if source.suffix == ".csv":
        return pd.read_csv(source, parse_dates=["time"])
    return pd.read_parquet(source)


def _valid(rows: Any, out: Path) -> Any:
    """The good rows; of the others the first thing that is wrong."""
    faults: list[tuple[str, str, Any]] = []
    for name in TEXTS:
        if name in ("content", "text"):
            faults.append((name, "missing value", rows[name].isna()))
        faults.append((name, "text too long", rows[name].str.len() > 100_000))
        faults.append((name, "NUL byte in a text", rows[name].str.contains("\0", regex=False, na=False)))
    faults += [(name, "below the minimum", rows[name] < 0) for name in COUNTS]
    pairs = [
        ("clicks", "impressions"),
        ("short_views", "clicks"),
        ("long_views", "clicks"),
        ("dislikes", "impressions"),
    ]
    faults += [(low, f"{low} above {high}", rows[low] > rows[high]) for low, high in pairs]
    rejects: list[Any] = []
    bad = pd.Series(False, rows.index)
    for field, reason, fault in faults:
        new = rows[fault & ~bad]
        rejects.append(
            pd.DataFrame({"row": new.index + 1, "field": field, "reason": reason, "value": new[field].astype("str")})
        )
        bad |= fault
    pd.concat(rejects).sort_values("row").to_parquet(out / "rejects.parquet", index=False)
    return rows[~bad]


def _log(arms: Any, out: Path) -> Any:
    """Audits the arms, writes the tables of the log, and returns the pushes of experiments that may be compared."""
    ratios = arms.groupby("experiment", as_index=False).agg(
        arms=("impressions", "size"), mean=("impressions", "mean"), variance=("impressions", lambda x: x.var(ddof=0))
    )
    ratios = ratios[(ratios["arms"] > 1) & (ratios["mean"] > 0)]
    ratios["p"] = chdtrc(ratios["arms"] - 1.0, ratios["variance"] * ratios["arms"] / ratios["mean"])
    excluded = ratios.loc[ratios["p"] < 1e-3, "experiment"]
    key = ["experiment", "content", "image", "text"]
    arms["spaced"] = arms["raw"].str.strip().str.replace(r"\s+", " ", regex=True)
    merged = arms.groupby(key, sort=False).agg(
        arms=("raw", "size"), raw=("raw", "nunique"), spaced=("spaced", "nunique")
    )
    audit = {
        "experiments excluded": len(excluded),
        "arms merged": int((merged["arms"] - 1).sum()),
        "arms differing only in white space": int((merged["raw"] - merged["spaced"]).sum()),
        "zero impressions": int((arms["impressions"] == 0).sum()),
    }
    (out / "audit.json").write_text(json.dumps(audit), encoding="utf-8")
    pushes = arms.groupby(key, as_index=False, sort=False).agg(dict.fromkeys(COUNTS, "sum") | {"time": "min"})
    keys = pushes["content"] + "\x1f" + pushes["image"] + "\x1f\x1e\x1f" + pushes["text"]
    pushes["push_id"] = [hashlib.sha256(key.encode()).hexdigest()[:20] for key in keys]
    experiments = pushes.groupby("experiment", as_index=False, sort=False).agg(
        content=("content", "first"), started_at=("time", "min"), arms=("push_id", "nunique")
    )
    experiments["excluded"] = experiments["experiment"].isin(excluded)
    tables = {
        "contents": pushes.groupby("content", as_index=False, sort=False).agg(created_at=("time", "min")),
        "pushes": pushes[["push_id", "content", "text", "image"]],
        "exposures": pushes[["push_id", "experiment", *COUNTS]],
        "experiments": experiments,
        "ratios": ratios,
    }
    for name, table in tables.items():
        table.to_parquet(out / f"{name}.parquet", index=False, compression="zstd")
    return pushes[~pushes["experiment"].isin(excluded)]


def _curate(pushes: Any) -> Any:
    rows = pushes.groupby(["content", "text"], as_index=False).agg(dict.fromkeys(COUNTS, "sum") | {"push_id": "min"})
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
    return rows.rename(columns={"content": "content_id"})[
        ["push_id", "content_id", "text", "weight", "impressions", "clicks"]
    ]
