"""`pushgen select`: the choice among candidates."""

from pathlib import Path


def select(
    candidates: Path,
    *,
    contents: Path,
    reward: Path,
    out: Path,
    verdicts: Path | None = None,
    rejects: Path | None = None,
    json: bool = False,
) -> None:
    """Choose one candidate per content: the one with the highest mean probability to beat the others.

    Parameters
    ----------
    candidates
        Candidates as `generate` writes them; Parquet, CSV or JSONL.
    contents
        CSV, JSONL or Parquet with `content_id` and `title` or `caption`, or a log folder.
    reward
        Folder of a reward model.
    out
        Selections as Parquet: one row per content, with the win probability and the runners-up.
    verdicts
        Output of `check`: candidates that it blocks are left out.
    rejects
        Where to write unusable rows with reasons; beside OUT where not given, only if there are any.
    json
        Print the counts as JSON on standard output.
    """
    import polars as pl

    from pushgen.cli.candidates import load_fields
    from pushgen.cli.output import print_json
    from pushgen.progress import say
    from pushgen.reward import open_reward
    from pushgen.selection import MeanWinSelector, choose
    from pushgen.settings import as_dict
    from pushgen.tables import SELECTIONS, VERDICTS, read_table, write_table

    loaded = load_fields(candidates, contents)
    loaded.write_rejects(rejects or out.with_name(f"{out.stem}.rejects.parquet"))
    blocked: set[str] = set()
    if verdicts is not None:
        found = read_table(verdicts, VERDICTS).filter(pl.col("severity") == "block")
        blocked = set(found["candidate_id"].to_list())
    total = sum(len(field) for _, field in loaded.fields)
    fields = [
        (content, [candidate for candidate in field if candidate.candidate_id not in blocked])
        for content, field in loaded.fields
    ]
    entered = sum(len(field) for _, field in fields)
    chosen = choose(fields, open_reward(reward), MeanWinSelector())
    write_table(pl.DataFrame([as_dict(selection) for selection in chosen], schema=SELECTIONS.schema), out, SELECTIONS)
    empty = len(fields) - len(chosen)
    say(f"{len(chosen)} contents have a push, chosen from {entered} of {total} candidates: {out}")
    if empty:
        say(f"  {empty} contents have no candidate that passed the guardrails")
    if json:
        counts = {"candidates": total, "blocked": total - entered, "selections": len(chosen), "without": empty}
        print_json({**counts, "rejects": loaded.rejects.height})
