"""`pushgen label`: style labels for any table with a text column."""

from pathlib import Path


def label(
    file: Path,
    *,
    out: Path,
    column: str = "text",
    labeller: str = "auto",
    taxonomy: Path | None = None,
    json: bool = False,
) -> None:
    """Label the texts of a table by style.

    Every column stays; `style` and `style_confidence` (0 to 1, comparable within one labeller only) are added.

    Parameters
    ----------
    file
        CSV, JSONL or Parquet, or a folder of them.
    out
        Output file; its ending (.csv, .jsonl, .parquet) tells the format. Bad rows go to OUT.rejects.parquet.
    column
        Name of the column with the texts.
    labeller
        `auto`, `packaged` (linear, English), `prototype`, `linear:FOLDER`, or `openai:URL#MODEL` with the key in
        OPENAI_API_KEY. `auto` takes the packaged one for English and prototypes for other languages.
    taxonomy
        TOML file with your own styles, for `auto`, `prototype` and `openai`.
    json
        Print the summary as JSON on standard output.
    """
    from pushgen.progress import say
    from pushgen.settings import as_dict
    from pushgen.styles import open_labeller
    from pushgen.styles.label_table import label_table

    summary = label_table(
        file, out, lambda texts: open_labeller(labeller, texts=texts, taxonomy=taxonomy), column=column
    )
    shares = ", ".join(f"{style} {count / summary.rows:.0%}" for style, count in summary.styles.items())
    say(f"{summary.rows} texts labelled by {summary.labeller}: {shares or 'none'}. Written to {out}.")
    if json:
        from pushgen.cli.output import print_json

        print_json(as_dict(summary))
