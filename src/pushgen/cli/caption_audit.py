"""`pushgen caption audit` and `caption ratings`: how true and how complete captions are, as people judge them."""

from pathlib import Path
from typing import Any


def audit(
    captions: Path,
    contents: Path,
    *,
    out: Path,
    count: int = 50,
    seed: int = 0,
    media_root: Path | None = None,
) -> None:
    """Write a page on which a person rates captions against their sources, before anything is trained on them.

    Open OUT in a browser, rate, save the ratings to a file, and give that to `pushgen caption ratings`.

    Parameters
    ----------
    captions
        What `pushgen caption` wrote.
    contents
        What it read: the page shows the sources beside each caption.
    out
        The HTML file, complete in itself.
    count
        Captions on the page, drawn by chance.
    seed
        Seed of the draw.
    media_root
        Folder that relative paths in `media` start from; by default that of CONTENTS.
    """
    from pushgen.captions.audit import AuditItem, columns_of, sample, write_audit
    from pushgen.captions.settings import CaptionConfig
    from pushgen.cli.caption import provenance_of, read_sources
    from pushgen.errors import ConfigurationError, InputError
    from pushgen.intake import load
    from pushgen.progress import say
    from pushgen.records import Content, Origin, Provenance
    from pushgen.tables import CONTENTS, PROVENANCE, read_table

    if count < 1:
        raise ConfigurationError(f"--count must be at least 1, found {count}")
    made = [Content(**row) for row in load(captions, CONTENTS).frame.iter_rows(named=True)]
    places: dict[str, list[Provenance]] = {}
    for row in read_table(provenance_of(captions), PROVENANCE).iter_rows(named=True):
        values: dict[str, Any] = {**row, "origin": Origin(row["origin"]), "seconds": tuple(row["seconds"] or ())}
        found = Provenance(**values)
        places.setdefault(found.content_id, []).append(found)
    settings = CaptionConfig(columns=columns_of([row for rows in places.values() for row in rows]))
    sources = {row.content.content_id: row for row in read_sources(contents, settings)[0]}
    items = [
        AuditItem(content, places.get(content.content_id, []), sources[content.content_id])
        for content in made
        if content.content_id in sources
    ]
    captioned = sum(item.content.caption is not None for item in items)
    if not captioned:
        raise InputError(
            file=str(captions),
            expected=f"captions of the contents of {str(contents)!r}",
            found="none",
            remedy="Give the output of `pushgen caption` and the file that it read.",
        )
    chosen = sample(items, count, seed)
    root = media_root or (contents if contents.is_dir() else contents.parent)
    write_audit(chosen, out, settings, of=captioned, root=root)
    say(f"{len(chosen)} of {captioned} captions to rate: {out}")


def ratings(files: list[Path], *, out: Path | None = None, json: bool = False) -> None:
    """Say what the ratings of an audit page found: how many captions are true and how many complete.

    Parameters
    ----------
    files
        What the page saved, one file per person.
    out
        File for the summary as JSON; `caption_audit.json` in a folder that `pushgen report` reads shows it there.
    json
        Print the summary as JSON on standard output.
    """
    from pushgen.captions.ratings import summarize
    from pushgen.cli.output import print_json
    from pushgen.manifest import write_json
    from pushgen.progress import say
    from pushgen.settings import as_dict

    found = summarize(files)
    say(f"{found.rated} of {found.sampled} captions rated by {', '.join(found.raters)}, drawn from {found.of}")
    for scale, one in found.scales.items():
        best, levels = one.best, dict(one.levels)
        say(f"  {scale}: {best.value:.0%} [{best.low:.0%}, {best.high:.0%}] at the best level; by level {levels}")
        if one.agreement is not None:
            kappa = "" if one.kappa is None else f", weighted kappa {one.kappa:.2f}"
            say(f"    raters agree on {one.agreement.value:.0%} of {one.agreement.of}{kappa}")
    for origin, share in found.true_by_origin.items():
        say(f"  nothing false, with words from {origin}: {share.count} of {share.of}")
    if out is not None:
        write_json(out, as_dict(found))
    if json:
        print_json(as_dict(found))
