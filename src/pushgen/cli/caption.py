"""`pushgen caption`: captions from text, pictures and videos; `caption audit` and `caption ratings` beside it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from pushgen.captions.settings import CaptionConfig
from pushgen.cli.flags import TypedFlags

if TYPE_CHECKING:
    import polars as pl

    from pushgen.captions import SourceRow

_typed = TypedFlags()
caption = App(name="caption", config=_typed)
caption.command(
    "pushgen.cli.caption_audit:audit", name="audit", help="A page to rate captions for factuality and completeness."
)
caption.command("pushgen.cli.caption_audit:ratings", name="ratings", help="What the ratings of that page say.")
MAX_TEXT_BYTES = 2 << 20
"""An article as a page of HTML may be longer than any other text; it is trimmed."""


@caption.default
def _run(
    contents: Path,
    *,
    out: Path,
    captioner: str = "none",
    media_root: Path | None = None,
    config: Path | None = None,
    json: bool = False,
    settings: Annotated[CaptionConfig, Parameter(name="*")] = CaptionConfig(),
) -> None:
    """Write a caption for every content: what is known of it, in whole sentences, each with its source.

    The caption that was there, the article, properties of a product, words on screen and spoken, and what a model sees
    in the picture or video are cleaned, trimmed to their most telling sentences and joined. OUT has the columns of
    contents and goes into `generate` and `run`; OUT.provenance.parquet tells for every sentence, number, date, name and
    quotation where it comes from. What a model said is kept in OUT.descriptions.jsonl and not asked for again.

    Parameters
    ----------
    contents
        CSV, JSONL or Parquet with `content_id` and the columns that captions are made from, or a log folder.
    out
        Output file; its ending (.csv, .jsonl, .parquet) tells the format. Bad rows go to OUT.rejects.parquet.
    captioner
        What describes the files or addresses in the column `media`: `none`, a model folder, `hf:NAME` (any
        image-text-to-text model) or `openai:URL#MODEL` (any server that takes pictures).
    media_root
        Folder that relative paths in `media` start from; by default that of CONTENTS.
    config
        TOML file with settings in the tables [columns], [limits], [frames], [vision].
    json
        Print the counts as JSON on standard output.
    """
    from pushgen.captions.caption import caption_contents
    from pushgen.captions.journal import Journal
    from pushgen.captions.registry import open_captioner
    from pushgen.cli.output import print_json, usage_of
    from pushgen.progress import say
    from pushgen.settings import from_toml
    from pushgen.tables import CONTENTS, PROVENANCE, REJECTS, check_ending, write_foreign, write_table

    check_ending(out)
    chosen = _typed.over(from_toml(CaptionConfig(), config) if config else CaptionConfig(), settings)
    model = open_captioner(captioner, chosen)
    rows, rejects = read_sources(contents, chosen)
    if rejects.height:
        bad = out.with_name(f"{out.name}.rejects.parquet")
        write_table(rejects, bad, REJECTS)
        say(f"{rejects.height} bad rows of {contents} are set apart in {bad}")
    root = media_root or (contents if contents.is_dir() else contents.parent)
    journal = Journal(out.with_name(f"{out.name}.descriptions.jsonl"))
    made = caption_contents(rows, chosen, model, root=root, journal=journal)
    write_foreign(CONTENTS.frame(made.contents), out)
    write_table(PROVENANCE.frame(made.provenance), provenance_of(out), PROVENANCE)
    captioned = sum(content.caption is not None for content in made.contents)
    say(f"{captioned} of {len(rows)} contents have a caption: {out}")
    for origin, count in made.origins.items():
        say(f"  {count} from {origin}")
    for reason, count in made.failures.items():
        say(f"  {count} x {reason}")
    usage = usage_of(model, captioned, "a content with a caption") if model else {}
    if json:
        counts = {"contents": len(rows), "captioned": captioned, "rejects": rejects.height}
        print_json({**counts, "origins": dict(made.origins), "failures": dict(made.failures), **usage})


def provenance_of(captions: Path) -> Path:
    """Where the provenance of a file of captions lies."""
    return captions.with_name(f"{captions.name}.provenance.parquet")


def read_sources(path: Path, config: CaptionConfig) -> "tuple[list[SourceRow], pl.DataFrame]":
    """Contents with their further columns, texts as they are in the file, and the rejects.

    Raises `InputError` for a column that was named and is not there.
    """
    import polars as pl

    from pushgen.captions.pieces import SourceRow
    from pushgen.captions.settings import Columns
    from pushgen.errors import InputError
    from pushgen.intake import ReadOptions, load
    from pushgen.intake.header import column_types
    from pushgen.intake.sources import tabular_files
    from pushgen.records import Content
    from pushgen.tables import CONTENTS, Column, Table
    from pushgen.text.clean import clean_text

    there = {name for file in tabular_files(path) for name in column_types(file)}
    columns, usual = config.columns, Columns()
    texts = {name: getattr(columns, name) for name in ("article", "speech", "screen")}
    named = [*columns.fields, *(name for key, name in texts.items() if name != getattr(usual, key))]
    for name in named:
        if name not in there:
            raise InputError(
                file=str(path),
                field=name,
                expected=f"a column {name!r}",
                found=f"the columns {', '.join(sorted(there))}",
                remedy="Correct the name in --columns.* or the configuration.",
            )
    more = [name for name in dict.fromkeys((*texts.values(), *columns.fields)) if name in there]
    own = [name for name in more if name not in CONTENTS.names]
    table = Table("sources", (*CONTENTS.columns, *(Column(name, pl.String) for name in own)), CONTENTS.key)
    loaded = load(path, table, options=ReadOptions(max_text_bytes=MAX_TEXT_BYTES))
    rows: list[SourceRow] = []
    for values in loaded.frame.iter_rows(named=True):
        fields = {name: values[name] for name in CONTENTS.names}
        fields["title"] = clean_text(fields["title"] or "") or None
        rows.append(SourceRow(Content(**fields), {name: values[name] for name in more}))
    return rows, loaded.rejects


__all__ = ["caption", "provenance_of", "read_sources"]
