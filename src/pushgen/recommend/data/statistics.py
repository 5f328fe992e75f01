"""What a log holds, in figures: `statistics.json` for programs and `statistics.md` for people."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pushgen.manifest import write_json
from pushgen.recommend.data.interactions import Interactions
from pushgen.recommend.metrics.catalogue import gini

QUANTILES = {"least": 0.0, "quarter": 0.25, "median": 0.5, "three quarters": 0.75, "99 in 100": 0.99, "most": 1.0}


def describe(log: Interactions) -> None:
    """Counts a log and puts both files into its folder."""
    figures = statistics(log)
    write_json(log.path / "statistics.json", figures)
    (log.path / "statistics.md").write_text(page(figures), encoding="utf-8")


def statistics(log: Interactions) -> dict[str, Any]:
    """Figures of a log; memory grows with its users and items, not with its interactions."""
    rows = log.scan()
    per_user = _collect(rows.group_by("user_id").agg(pl.len(), pl.col("item_id").n_unique().alias("items")))
    per_item = _collect(rows.group_by("item_id").len())
    whole = _collect(
        rows.select(
            pl.len().alias("interactions"),
            pl.col("time").min().alias("from"),
            pl.col("time").max().alias("to"),
            pl.col("time").null_count().alias("without_time"),
            (pl.col("time") == pl.col("time").shift(1)).and_(pl.col("user_id") == pl.col("user_id").shift(1))
            .sum().alias("tied"),
        )
    ).row(0, named=True)  # fmt: skip
    behaviours = _collect(rows.group_by("behaviour").len()).drop_nulls().sort("behaviour")
    counts = per_item["len"].to_numpy()
    interactions, users, touched = int(whole["interactions"]), per_user.height, per_item.height
    return {
        "interactions": interactions,
        "users": users,
        "items": log.items.height,
        "items_touched": touched,
        "items_with_text": log.items.filter(pl.col("title").is_not_null() | pl.col("text").is_not_null()).height,
        "density": interactions / (users * touched) if users and touched else 0.0,
        "repeats": interactions - int(per_user["items"].sum()),
        "from": None if whole["from"] is None else whole["from"].isoformat(),
        "to": None if whole["to"] is None else whole["to"].isoformat(),
        "without_time": int(whole["without_time"]),
        "tied": int(whole["tied"] or 0),
        "behaviours": dict(behaviours.iter_rows()),
        "per_user": _quantiles(per_user["len"].to_numpy()),
        "per_item": _quantiles(counts),
        "gini": gini(counts),
        "share_of_top_tenth": _top_share(counts, 0.1),
    }


def page(figures: dict[str, Any]) -> str:
    """The figures as Markdown."""
    total = max(figures["interactions"], 1)
    period = f"{figures['from']} to {figures['to']}" if figures["from"] else "no times"
    lines = ["# Interaction log", "", "| figure | value |", "|---|---|"]
    lines += [f"| {name} | {figures[name]:,} |" for name in ("interactions", "users", "items")]
    lines += [
        f"| items touched | {figures['items_touched']:,} |",
        f"| items with a text | {figures['items_with_text']:,} |",
        f"| density | {figures['density']:.3%} |",
        f"| period | {period} |",
        f"| interactions without a time | {figures['without_time']:,} |",
        f"| at the same moment as the user's one before | {figures['tied']:,} ({figures['tied'] / total:.1%}) |",
        f"| of an item that the user had before | {figures['repeats']:,} ({figures['repeats'] / total:.1%}) |",
        f"| Gini coefficient of items' interactions | {figures['gini']:.3f} |",
        f"| share of interactions on the top tenth of items | {figures['share_of_top_tenth']:.1%} |",
    ]
    lines += [f"| {name} | {count:,} |" for name, count in figures["behaviours"].items()]
    lines += ["", f"| per | {' | '.join(QUANTILES)} |", "|---" * (len(QUANTILES) + 1) + "|"]
    for name in ("user", "item"):
        counts = [f"{figures[f'per_{name}'][key]:,.0f}" for key in QUANTILES]
        lines.append(f"| {name} | {' | '.join(counts)} |")
    return "\n".join([*lines, ""])


def _collect(rows: pl.LazyFrame) -> pl.DataFrame:
    return rows.collect(engine="streaming")


def _quantiles(counts: NDArray[Any]) -> dict[str, float]:
    if not len(counts):
        return dict.fromkeys(QUANTILES, 0.0)
    return {name: float(np.quantile(counts, share, method="higher")) for name, share in QUANTILES.items()}


def _top_share(counts: NDArray[Any], share: float) -> float:
    ranked = np.sort(counts)[::-1]
    return float(ranked[: max(1, round(len(ranked) * share))].sum() / ranked.sum()) if len(ranked) else 0.0
