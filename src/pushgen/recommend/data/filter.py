"""Which interactions of a log count: behaviours, ratings, repeats, and the k-core."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import polars as pl

from pushgen.errors import ConfigurationError, InputError
from pushgen.recommend.data.interactions import Interactions


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterConfig:
    """What is taken from a log."""

    behaviours: tuple[str, ...] = ()
    """Behaviours that count; empty takes all."""
    least_value: float | None = None
    """Smallest value (rating) that counts; rows without a value then do not count."""
    repeats: Literal["keep", "first"] = "first"
    """`first` keeps a user's first interaction with each item alone."""
    core_users: int = 1
    """Fewest interactions of a user, in the k-core."""
    core_items: int = 1
    """Fewest interactions of an item, in the k-core: both bounds hold at once for what remains."""

    def __post_init__(self) -> None:
        if self.core_users < 1 or self.core_items < 1:
            raise ConfigurationError("filter: core_users and core_items must be at least 1")


@dataclass(frozen=True, slots=True, eq=False)
class Filtered:
    """What remains of a log, read part by part."""

    log: Interactions
    config: FilterConfig
    users: pl.DataFrame
    """`user_id` of the users that remain."""
    items: pl.DataFrame
    """`item_id` of the items that remain."""
    dropped: dict[str, int]
    """Interactions dropped, by reason."""
    rows: int
    """Interactions that remain."""

    def parts(self) -> Iterator[pl.DataFrame]:
        """What remains, in pieces of whole users, with the columns of the log."""
        for part in self.log.parts():
            kept = part.lazy().filter(counted(self.config)).join(self.items.lazy(), on="item_id", how="semi")
            kept = _without_repeats(kept.join(self.users.lazy(), on="user_id", how="semi"), self.config)
            yield kept.sort("user_id", "position", maintain_order=True).collect()


def filtered(log: Interactions, config: FilterConfig) -> Filtered:
    """Applies the filter. Memory grows with users and items, not with interactions.

    Raises `InputError` where nothing remains.
    """
    everything = log.scan().select(pl.len()).collect().item()
    wanted = log.scan().filter(counted(config))
    chosen = int(wanted.select(pl.len()).collect(engine="streaming").item())
    single = _without_repeats(wanted, config).select("user_id", "item_id")
    users, items, rows, distinct = _core(single, config)
    dropped = {
        "another behaviour or a low value": everything - chosen,
        "repeated": chosen - distinct,
        f"outside the core of {config.core_users} per user and {config.core_items} per item": distinct - rows,
    }
    if not rows:
        raise InputError(
            file=str(log.path),
            expected="interactions that pass the filter",
            found=f"none of {everything}: {', '.join(f'{count} {reason}' for reason, count in dropped.items())}",
            remedy="Loosen the filter: behaviours, least value, core.",
        )
    return Filtered(log, config, users, items, {reason: count for reason, count in dropped.items() if count}, rows)


def counted(config: FilterConfig) -> pl.Expr:
    """Whether a row's behaviour and value count."""
    kept = pl.lit(True)
    if config.behaviours:
        kept = kept & pl.col("behaviour").is_in(config.behaviours).fill_null(False)
    if config.least_value is not None:
        kept = kept & (pl.col("value") >= config.least_value).fill_null(False)
    return kept


def _without_repeats(rows: pl.LazyFrame, config: FilterConfig) -> pl.LazyFrame:
    # A user's rows are in order, so that the first of an item is the one with the lowest position.
    return rows.unique(["user_id", "item_id"], keep="first", maintain_order=True) if config.repeats == "first" else rows


def _core(rows: pl.LazyFrame, config: FilterConfig) -> tuple[pl.DataFrame, pl.DataFrame, int, int]:
    """Users and items of the core, its rows, and the rows before; peels until both bounds hold."""
    users, items = _counts(rows, "user_id"), _counts(rows, "item_id")
    distinct = int(users["len"].sum())
    while True:
        loyal = users.filter(pl.col("len") >= config.core_users)
        known = items.filter(pl.col("len") >= config.core_items)
        if loyal.height == users.height and known.height == items.height:
            total = int(users["len"].sum())
            return users.select("user_id").sort("user_id"), items.select("item_id").sort("item_id"), total, distinct
        kept = rows.join(loyal.lazy(), on="user_id", how="semi").join(known.lazy(), on="item_id", how="semi")
        users, items = _counts(kept, "user_id"), _counts(kept, "item_id")


def _counts(rows: pl.LazyFrame, name: str) -> pl.DataFrame:
    return rows.group_by(name).len().collect(engine="streaming")
