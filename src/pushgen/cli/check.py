"""`pushgen check`: guardrails over candidates."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from pushgen.cli.flags import TypedFlags
from pushgen.guardrails.rules import GuardrailConfig

_typed = TypedFlags()
check = App(name="check", config=_typed)


@check.default
def _run(
    candidates: Path,
    *,
    contents: Path,
    out: Path,
    accepted: Path | None = None,
    past: Path | None = None,
    config: Path | None = None,
    rejects: Path | None = None,
    json: bool = False,
    settings: Annotated[GuardrailConfig, Parameter(name="*")] = GuardrailConfig(),
) -> None:
    """Hold candidates against the title and caption of their content and the limits of a channel.

    A blocked candidate is repaired where that only takes something away; the repaired one is a candidate of its own
    whose `repaired_from` names the blocked one. Settings come from the file, those of a channel and then those of a
    language over the rest; flags win over the file.

    Parameters
    ----------
    candidates
        Candidates as `generate` writes them; Parquet, CSV or JSONL.
    contents
        CSV, JSONL or Parquet with `content_id` and `title` or `caption`, or a log folder.
    out
        Verdicts as Parquet: one row per finding, with rule, severity, place and message.
    accepted
        Where to write the candidates that no rule blocks, repaired ones among them, as Parquet.
    past
        Pushes that were sent before (a table with a `body`, or a log folder); near-copies of them are blocked.
    config
        TOML file with settings, and tables [brand], [channels.NAME] and [languages.CODE] with settings of their own.
    rejects
        Where to write unusable rows with reasons; beside OUT where not given, only if there are any.
    json
        Print the counts as JSON on standard output.
    """
    from pushgen.cli.candidates import load_fields, past_index
    from pushgen.cli.output import print_json
    from pushgen.guardrails import Policy, read_policy
    from pushgen.guardrails import check as check_content
    from pushgen.guardrails.check import count_findings
    from pushgen.pipeline.guarding import open_rules
    from pushgen.progress import say, track
    from pushgen.records import Candidate, Verdict
    from pushgen.tables import CANDIDATES, VERDICTS, write_table

    loaded = load_fields(candidates, contents)
    loaded.write_rejects(rejects or out.with_name(f"{out.stem}.rejects.parquet"))
    chosen = settings.channel if settings.channel != GuardrailConfig().channel else None
    policy = (read_policy(config, chosen) if config else Policy()).map(lambda base: _typed.over(base, settings))
    rules = open_rules(policy, past_index(past, policy.config.duplicate_threshold))
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
    as_written = sum(candidate.repaired_from is None for candidate in survivors)
    repaired = len(survivors) - as_written
    say(f"{as_written} of {total} candidates pass as written, {repaired} more repaired; verdicts: {out}")
    for rule, counts in by_rule.items():
        say(f"  {rule}: {counts['block']} candidates blocked, {counts['warn']} warned of")
    if json:
        passed = {"accepted": len(survivors), "repaired": repaired}
        print_json({"candidates": total, **passed, "rejects": loaded.rejects.height, "rules": by_rule})
