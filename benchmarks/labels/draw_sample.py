"""Draws the headlines that were labelled for style, from the public Upworthy file.

    python benchmarks/labels/draw_sample.py PACKAGES.csv --out sample.jsonl

One headline per test by a seeded hash, distinct texts, shuffled; the window with broken randomisation left out.
The same file gives the same sample. Texts are not committed; the labels are keyed by a hash of the cleaned text.
"""

import argparse
import hashlib
import html
import json
import unicodedata
from pathlib import Path

import ftfy
import polars as pl

SEED = "style-labels-1"
COUNT = 640
WINDOW = ("2013-06-25", "2014-01-10")


def clean(text: str) -> str:
    """The headline as it was shown to the annotators. Fixed for ever: the label ids are hashes of this."""
    return " ".join(unicodedata.normalize("NFC", ftfy.fix_text(html.unescape(text))).split())


def text_id(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def rank(*parts: str) -> str:
    return hashlib.sha256("\x1f".join((SEED, *parts)).encode()).hexdigest()


def draw(packages: Path, count: int = COUNT) -> list[dict[str, str]]:
    """The sample, in the order in which it was labelled."""
    columns = ["clickability_test_id", "headline", "created_at"]
    frame = pl.read_csv(packages, infer_schema_length=0, columns=columns).drop_nulls()
    day = pl.col("created_at").str.slice(0, 10)
    frame = frame.filter(~day.is_between(pl.lit(WINDOW[0]), pl.lit(WINDOW[1])))
    by_test: dict[str, set[str]] = {}
    for test, headline in frame.select("clickability_test_id", "headline").iter_rows():
        text = clean(headline)
        if len(text.split()) >= 3:
            by_test.setdefault(test, set()).add(text)
    chosen: dict[str, str] = {}
    for test in sorted(by_test, key=lambda test: rank("test", test)):
        text = min(by_test[test], key=lambda text: rank("arm", test, text))
        chosen.setdefault(text_id(text), text)
        if len(chosen) == count:
            break
    return [{"id": key, "text": chosen[key]} for key in sorted(chosen, key=lambda key: rank("order", key))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    lines = [json.dumps(row, ensure_ascii=False) for row in draw(arguments.packages)]
    arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
