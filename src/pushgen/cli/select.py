"""`pushgen select`: the choice among candidates."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pushgen.selection.settings import SelectionConfig


def select(
    candidates: Path,
    *,
    contents: Path,
    reward: Path,
    out: Path,
    verdicts: Path | None = None,
    rejects: Path | None = None,
    bounds: Path | None = None,
    incumbent: Path | None = None,
    past: Path | None = None,
    json: bool = False,
    config: Annotated[SelectionConfig, Parameter(name="*")] = SelectionConfig(),
) -> None:
    """Choose one candidate per content: the strongest by the reward model that no bound bars.

    Parameters
    ----------
    candidates
        Candidates as `generate` writes them; Parquet, CSV or JSONL.
    contents
        CSV, JSONL or Parquet with `content_id` and `title` or `caption`, or a log folder.
    reward
        Folder of a reward model.
    out
        Selections as Parquet: one row per content, with the win probability, the runners-up and what decided.
    verdicts
        Output of `check`: candidates that it blocks are left out.
    rejects
        Where to write unusable rows with reasons; beside OUT where not given, only if there are any.
    bounds
        Ranges of length, digits, capitals and more, as `evaluate probes --out` writes them. A candidate outside is not
        chosen while one inside is there.
    incumbent
        What is sent now: a table with `content_id`, `body` and, if there, `title`, `style`. It is kept where the best
        candidate does not beat it with the probability `--margin`.
    past
        Pushes that were sent before (a table with a `body`, or a log folder); needs `--diversity`. A near-copy of one
        is not chosen while another candidate is there.
    json
        Print the counts as JSON on standard output.
    """
    import polars as pl

    from pushgen.cli.candidates import load_fields
    from pushgen.cli.output import print_json
    from pushgen.errors import ConfigurationError
    from pushgen.pipeline.run import selections_frame
    from pushgen.pipeline.terms import open_terms
    from pushgen.progress import say
    from pushgen.reward import open_reward
    from pushgen.selection import choose, open_selector
    from pushgen.tables import SELECTIONS, VERDICTS, read_table, write_table

    if past is not None and config.diversity is None:
        raise ConfigurationError("--past is read with --diversity, which says what a near-copy is, such as 0.8")
    terms, bad = open_terms(config, bounds=bounds, incumbents=incumbent, past=past)
    loaded = load_fields(candidates, contents, also=list(terms.incumbents))
    loaded = loaded.with_rejects(bad)
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
    chosen = choose(fields, open_reward(reward), open_selector(config), terms=terms)
    write_table(selections_frame(chosen), out, SELECTIONS)
    empty = len(fields) - len(chosen)
    kept = terms.kept(chosen)
    say(f"{len(chosen)} contents have a push, chosen from {entered} of {total} candidates: {out}")
    if incumbent is not None:
        say(f"  {kept} contents keep their incumbent")
    if empty:
        say(f"  {empty} contents have no candidate that passed the guardrails")
    if json:
        counts = {"candidates": total, "blocked": total - entered, "selections": len(chosen), "without": empty}
        more = {} if incumbent is None else {"incumbents": kept}
        print_json({**counts, **more, "rejects": loaded.rejects.height})
