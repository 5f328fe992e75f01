"""`pushgen run`: contents to chosen pushes in one go."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pushgen.pipeline.run import RunConfig
from pushgen.selection.settings import SelectionConfig
from pushgen.splits import Part


def run(
    contents: Path,
    *,
    generator: str = "template",
    generator_config: Path | None = None,
    reward: Path,
    out: Path,
    guardrails: Path | None = None,
    past: Path | None = None,
    part: Part = "all",
    bounds: Path | None = None,
    incumbent: Path | None = None,
    json: bool = False,
    config: Annotated[RunConfig, Parameter(name="*")] = RunConfig(),
    selection: Annotated[SelectionConfig, Parameter(name="*")] = SelectionConfig(),
) -> None:
    """Write candidates in every style, check them against their source and choose one per content.

    Killed halfway, the same command goes on where it stopped and ends with the same output.

    Parameters
    ----------
    contents
        CSV, JSONL or Parquet with `content_id` and `title` or `caption`, or a log folder.
    generator
        `template`, a model folder, `hf:NAME` or `openai:URL#MODEL`.
    generator_config
        TOML file with settings of the template, of `hf` decoding or of `openai`: prices, rate limits, retries.
    reward
        Folder of a reward model.
    out
        Output folder: `selections/`, `candidates/`, `verdicts/`, `rejects/`.
    guardrails
        TOML file with guardrail settings, per channel and language where wanted; `pushgen check --help` lists them.
    past
        Pushes that were sent before (a table with a `body`, or a log folder); near-copies of them are blocked.
    part
        Which part of the split by content to write for; `holdout` are contents that no training command read.
    bounds
        Ranges of length, digits, capitals and more, as `evaluate probes --out` writes them. A candidate outside is not
        chosen while one inside is there.
    incumbent
        What is sent now: a table with `content_id`, `body` and, if there, `title`, `style`. It is kept where the best
        candidate does not beat it with the probability `--margin`.
    json
        Print the summary as JSON on standard output.
    """
    import polars as pl

    from pushgen.cli.candidates import past_index
    from pushgen.cli.output import print_json, usage_of
    from pushgen.guardrails import Policy, read_policy
    from pushgen.intake import load
    from pushgen.pipeline.compose import open_stages, styles_for
    from pushgen.pipeline.run import run as run_contents
    from pushgen.pipeline.run import work_of
    from pushgen.pipeline.terms import open_terms
    from pushgen.progress import say
    from pushgen.selection.terms import INCUMBENT
    from pushgen.settings import as_dict
    from pushgen.splits import keep
    from pushgen.tables import CONTENTS, SELECTIONS, read_table

    loaded = load(contents, CONTENTS)
    chosen = keep(loaded.frame, part)
    if loaded.rejects.height:
        say(f"{loaded.rejects.height} bad rows of {contents} are set apart in {out / 'rejects'}")
    policy = read_policy(guardrails) if guardrails else None
    terms, _ = open_terms(selection, bounds=bounds, incumbents=incumbent, past=past)
    threshold = (policy or Policy()).config.duplicate_threshold
    stages = open_stages(
        generator,
        reward,
        policy,
        past_index(past, threshold),
        selection=selection,
        terms=terms,
        generator_config=generator_config,
    )
    summary = run_contents(
        chosen,
        stages,
        out,
        styles=styles_for(config.styles),
        config=config,
        work=work_of(
            chosen,
            generator,
            reward,
            policy,
            past,
            bounds=bounds,
            incumbents=incumbent,
            generator_config=generator_config,
        ),
        input_rejects=loaded.rejects,
    )
    say(
        f"{summary.selections} of {summary.contents} contents have a push ({summary.fallbacks} by the fallback "
        f"template), chosen from {summary.candidates} candidates: {out / 'selections'}"
    )
    if incumbent is not None:
        kept = read_table(out / "selections", SELECTIONS).filter(pl.col("generator") == INCUMBENT).height
        say(f"  {kept} contents keep their incumbent")
    for rule in sorted({*summary.blocked, *summary.warned}):
        say(f"  {rule}: {summary.blocked.get(rule, 0)} candidates blocked, {summary.warned.get(rule, 0)} warned of")
    if summary.repaired:
        say(f"  {summary.repaired} blocked candidates were repaired and passed")
    for reason, count in {**summary.rejects, **summary.failures}.items():
        say(f"  {count} x {reason}")
    accepted = summary.selections - summary.fallbacks
    usage = usage_of(stages.generator, accepted, "a push that was chosen")
    if json:
        print_json(as_dict(summary) | usage)
