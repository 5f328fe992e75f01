"""`pushgen generate`: candidates in every style."""

from pathlib import Path

from pushgen.splits import Part


def generate(
    contents: Path,
    *,
    generator: str = "template",
    generator_config: Path | None = None,
    styles: str = "all",
    n: int = 1,
    out: Path,
    seed: int = 0,
    part: Part = "all",
    json: bool = False,
) -> None:
    """Write candidates for every content in the styles asked for.

    Parameters
    ----------
    contents
        CSV, JSONL or Parquet with `content_id` and `title` or `caption`, or a log folder.
    generator
        `template`, a model folder, `hf:NAME` or `openai:URL#MODEL`.
    generator_config
        TOML file with settings of the template, of `hf` decoding or of `openai`: prices, rate limits, retries.
    styles
        `all`, or style ids with commas between them.
    n
        Candidates per style and content; equal texts of one content are written once.
    out
        Parquet file of candidates. Contents that cannot be read go to OUT.rejects.parquet with reasons.
    seed
        Seed of the choice among frames or of the draws.
    part
        Which part of the split by content to write for; `holdout` are contents that no training command read.
    json
        Print the counts as JSON on standard output.
    """
    from collections import Counter

    from pushgen.cli.output import print_json, usage_of
    from pushgen.errors import ConfigurationError
    from pushgen.generation import open_generator
    from pushgen.generation.batches import write_candidates
    from pushgen.intake import load
    from pushgen.progress import say
    from pushgen.records import Content
    from pushgen.splits import keep
    from pushgen.styles import load_taxonomy
    from pushgen.tables import CANDIDATES, CONTENTS, REJECTS, write_table

    if n < 1:
        raise ConfigurationError(f"--n must be at least 1, found {n}")
    asked = load_taxonomy().select(styles)
    writer = open_generator(generator, config=generator_config)
    loaded = load(contents, CONTENTS)
    if loaded.rejects.height:
        rejects = out.with_name(f"{out.stem}.rejects.parquet")
        write_table(loaded.rejects, rejects, REJECTS)
        say(f"{loaded.rejects.height} bad rows of {contents} are set apart in {rejects}")
    chosen = [Content(**row) for row in keep(loaded.frame, part).iter_rows(named=True)]
    written = write_candidates(chosen, writer, asked, n=n, seed=seed)
    write_table(CANDIDATES.frame(written.candidates), out, CANDIDATES)
    requests = len(chosen) * len(asked) * n
    say(f"{len(written.candidates)} candidates for {len(chosen)} contents from {requests} requests: {out}")
    for reason, count in written.failures.items():
        say(f"  {count} x {reason}")
    usage = usage_of(writer, len(written.candidates), "a candidate that was written")
    if json:
        by_style = Counter(candidate.style for candidate in written.candidates)
        print_json(
            {
                "contents": len(chosen),
                "requests": requests,
                "candidates": len(written.candidates),
                "styles": {style: by_style[style] for style in asked},
                "failures": dict(written.failures),
                "rejects": loaded.rejects.height,
                **usage,
            }
        )
