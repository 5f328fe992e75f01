"""`pushgen curate`: from a log to the corpus for fine-tuning."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from pushgen.cli.flags import TypedFlags
from pushgen.curation import PRESETS, CurationConfig, Funnel, LogTables, write_corpus
from pushgen.progress import say
from pushgen.protocols import Encoder, StyleLabeller

_typed = TypedFlags()
curate = App(name="curate", config=_typed)


@curate.default
def _run(
    log: Path,
    *,
    out: Path,
    preset: Literal["paper", "upworthy"] = "paper",
    config: Path | None = None,
    encoder: str = "auto",
    labeller: str = "prototype",
    taxonomy: Path | None = None,
    json: bool = False,
    settings: Annotated[CurationConfig, Parameter(name="*")] = CurationConfig(),
) -> None:
    """Filter a log, label its styles and weigh its pushes: the corpus that a generator is trained on.

    A preset is overridden by the TOML file, the file by flags. A threshold is switched off by `none`. Rules whose
    columns the log lacks are skipped and named. The funnel, how many rows each rule took, is printed on standard
    error and written to OUT/funnel.json; the corpus is OUT/corpus/part-*.parquet.

    Parameters
    ----------
    log
        Folder of an imported log.
    out
        Output folder. Finished work on the same log with the same settings is not done again.
    preset
        `paper` for PushGen's filter, `upworthy` for A/B logs that have impressions and clicks only.
    config
        TOML file with settings in the tables [hard], [lift], [soft], [confidence].
    encoder
        Encoder for the clusters of the soft filter: `auto`, `minilm`, `ngrams`, a model folder or a hub name.
    labeller
        `prototype`, `linear:FOLDER`, `openai:URL#MODEL`, or `none` to keep the styles that the log states.
    taxonomy
        TOML file with your own styles, for `prototype` and `openai`.
    json
        Print the funnel as JSON on standard output.
    """
    from pushgen.logs import Log
    from pushgen.manifest import hash_path
    from pushgen.settings import from_toml

    chosen = PRESETS[preset]
    chosen = _typed.over(from_toml(chosen, config) if config else chosen, settings)
    tables = LogTables.open(Log.open(log).path)
    model, labels = _models(tables, chosen, encoder, labeller, taxonomy)
    inputs = {name: hash_path(log / name) for name in tables.names()}
    funnel = write_corpus(tables, out, chosen, inputs=inputs, labeller=labels, encoder=model)
    show_funnel(funnel)
    say(f"{funnel.rows_out} of {funnel.rows_in} pushes are in the corpus: {out / 'corpus'}")
    if json:
        from pushgen.cli.output import print_json

        print_json(funnel.as_dict())


def _models(
    tables: LogTables, config: CurationConfig, encoder: str, labeller: str, taxonomy: Path | None
) -> tuple[Encoder | None, StyleLabeller | None]:
    """Encoder and labeller, with one cache, so that a text that both look at is embedded once."""
    from pushgen.encoders import CachedEncoder, open_encoder
    from pushgen.styles import load_taxonomy, open_labeller

    texts = tables.pushes.select("body").head(1000).collect()["body"].to_list()
    prototypes = labeller == "prototype"
    if labeller == "none" and config.soft.by != "cluster":
        return None, None
    model = CachedEncoder(open_encoder(encoder, texts=texts)) if prototypes or config.soft.by == "cluster" else None
    if labeller == "none":
        return model, None
    if prototypes and model is not None:
        from pushgen.encoders.choose import latin_share
        from pushgen.styles.prototype import PrototypeLabeller

        share = latin_share(texts)
        language = "zh" if share is not None and share < 0.5 else None
        return model, PrototypeLabeller(model, load_taxonomy(taxonomy), language=language)
    return model, open_labeller(labeller, texts=texts, taxonomy=taxonomy)


def show_funnel(funnel: Funnel) -> None:
    """The funnel as a table on standard error."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Filter funnel", title_justify="left")
    table.add_column("rule")
    for name in ("dropped", "alone", "left"):
        table.add_column(name, justify="right")
    table.add_row("pushes in the log", "", "", f"{funnel.rows_in:,}")
    for reason, dropped, alone, left in funnel.table():
        table.add_row(reason, f"{dropped:,}", "" if alone is None else f"{alone:,}", f"{left:,}")
    for rule, why in funnel.skipped.items():
        table.add_row(f"{rule} (skipped: {why})", "", "", "", style="dim")
    Console(stderr=True).print(table)
    for reason, number in funnel.excluded.items():
        say(f"{number} experiments were left out: {reason}")
    for note in funnel.notes:
        say(note)


__all__ = ["curate", "show_funnel"]
