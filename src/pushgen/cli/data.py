"""`pushgen data`: public data sets."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from pushgen.logs.download import download as fetch
from pushgen.logs.releases import RELEASES
from pushgen.progress import say


def download(name: Literal["upworthy"], /, *, out: Path | None = None, listing: str | None = None) -> None:
    """Fetch a public data set and check its columns, rows and hash.

    Args:
        name: Which data set.
        out: Folder for the file and its manifest; by default data/NAME.
        listing: URL of another host's listing in the form of the OSF API, for a mirror.
    """
    release = RELEASES[name]
    if listing is not None:
        release = replace(release, listing=listing)
    file = fetch(release, out or Path("data") / name)
    say(f"{file}: {release.rows} rows, as published. Next: pushgen import {name} {file} --out LOG")
