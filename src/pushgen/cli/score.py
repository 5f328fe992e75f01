"""`pushgen score`: win probabilities for a table of text pairs."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pushgen.progress import say

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl


def score(
    file: Path,
    *,
    reward: Path,
    out: Path,
    rejects: Path | None = None,
    bf16: Literal["no", "auto", "yes"] = "no",
) -> None:
    """Add to a table of text pairs the probability that the first text wins.

    Parameters
    ----------
    file
        CSV, JSONL or Parquet with `text_a` and `text_b` and, if there, `caption`.
    reward
        Folder of a reward model.
    out
        One row per usable row: text_a, text_b, caption, `mean` (expected log of the ratio of the click rates) and
        `p_a`, in the format that its ending tells: .csv, .jsonl or .parquet.
    rejects
        Where to write unusable rows with reasons; beside OUT where not given, only if there are any.
    bf16
        `auto`: bfloat16 arithmetic where the hardware has it, about twice as fast; may flip up to 1% of the decisions.
    """
    import polars as pl

    from pushgen.errors import InputError
    from pushgen.intake.read import load
    from pushgen.reward.storage import load_reward
    from pushgen.tables import REJECTS, Column, Table, write_table

    write = _writer(out)
    columns = (Column("text_a", pl.String, True), Column("text_b", pl.String, True), Column("caption", pl.String))
    loaded = load(file, Table("text pairs", columns, ()))
    judge = load_reward(reward, bf16=bf16)
    texts_a, texts_b, captions = (loaded.frame[name].to_list() for name in ("text_a", "text_b", "caption"))
    said = judge.compare(texts_a, texts_b, captions)
    cut = judge.count_truncated(sorted({*texts_a, *texts_b}))
    if cut:
        say(f"{cut} texts are longer than {judge.reads} and were judged without their end")
    if not loaded.frame.height and loaded.rejects.height:
        first = loaded.rejects.row(0, named=True)
        raise InputError(
            file=str(file),
            row=first["row"],
            field=first["field"],
            expected="at least one usable pair of texts",
            found=f"none ({first['reason']})",
            remedy="Give every row a text_a and a text_b.",
        )
    write(loaded.frame.with_columns(pl.Series("mean", said.mean), pl.Series("p_a", said.p_a)), out)
    if loaded.rejects.height:
        place = rejects or out.with_name(f"{out.stem}.rejects.parquet")
        write_table(loaded.rejects, place, REJECTS)
        say(f"{loaded.rejects.height} unusable rows with reasons: {place}")
    say(f"{loaded.frame.height} pairs scored: {out}")


def _writer(out: Path) -> "Callable[[pl.DataFrame, Path], object]":
    from pushgen.errors import ConfigurationError

    writers: dict[str, Callable[[pl.DataFrame, Path], object]] = {
        ".parquet": lambda frame, path: frame.write_parquet(path),
        ".csv": lambda frame, path: frame.write_csv(path),
        ".jsonl": lambda frame, path: frame.write_ndjson(path),
    }
    if out.suffix not in writers:
        raise ConfigurationError(f"--out must end in .parquet, .csv or .jsonl, found {out.name!r}")
    out.parent.mkdir(parents=True, exist_ok=True)
    return writers[out.suffix]
