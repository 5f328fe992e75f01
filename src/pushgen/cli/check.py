"""`pushgen check`: guardrails over candidates."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pushgen.guardrails.rules import GuardrailConfig


def check(
    candidates: Path,
    *,
    contents: Path,
    out: Path,
    accepted: Path | None = None,
    past: Path | None = None,
    rejects: Path | None = None,
    json: bool = False,
    config: Annotated[GuardrailConfig, Parameter(name="*")] = GuardrailConfig(),
) -> None:
    """Hold candidates against the title and caption of their content and the limits of a channel.

    Parameters
    ----------
    candidates
        Candidates as `generate` writes them; Parquet, CSV or JSONL.
    contents
        CSV, JSONL or Parquet with `content_id` and `title` or `caption`, or a log folder.
    out
        Verdicts as Parquet: one row per finding, with rule, severity, place and message.
    accepted
        Where to write the candidates that no rule blocks, as Parquet.
    past
        Pushes that were sent before (a table with a `body`); near-copies of them are blocked.
    rejects
        Where to write unusable rows with reasons; beside OUT where not given, only if there are any.
    json
        Print the counts as JSON on standard output.
    """
    from pushgen.cli.candidates import load_fields, past_index
    from pushgen.cli.output import print_json
    from pushgen.guardrails import check as check_content
    from pushgen.guardrails import default_rules
    from pushgen.guardrails.check import count_findings
    from pushgen.progress import say, track
    from pushgen.records import Candidate, Verdict
    from pushgen.tables import CANDIDATES, VERDICTS, write_table

    loaded = load_fields(candidates, contents)
    loaded.write_rejects(rejects or out.with_name(f"{out.stem}.rejects.parquet"))
    rules = default_rules(config, past_index(past, config.duplicate_threshold))
    verdicts: list[Verdict] = []
    survivors: list[Candidate] = []
    for content, field in track(loaded.fields, "contents checked"):
        checked = check_content(content, field, rules)
        survivors.extend(checked.survivors)
        verdicts.extend(checked.verdicts)
    write_table(VERDICTS.frame(verdicts), out, VERDICTS)
    if accepted is not None:
        write_table(CANDIDATES.frame(survivors), accepted, CANDIDATES)
    total = sum(len(field) for _, field in loaded.fields)
    by_rule = count_findings(verdicts)
    say(f"{len(survivors)} of {total} candidates pass; {len(verdicts)} findings: {out}")
    for rule, counts in by_rule.items():
        say(f"  {rule}: {counts['block']} candidates blocked, {counts['warn']} warned of")
    if json:
        counts = {"candidates": total, "accepted": len(survivors), "rejects": loaded.rejects.height, "rules": by_rule}
        print_json(counts)
