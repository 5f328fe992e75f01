"""Joins the rows that the scripts of this folder have written into one table, benchmarks/results/claims.md.

    python benchmarks/claims/table.py

A claim that no script has measured yet is listed as such.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.claims.rows import HEAD, RESULTS, cells, line, read

CLAIMS = (
    "confidence",
    "pairwise",
    "gap",
    "replacement",
    "transfer",
    "reward_size",
    "style_conditioning",
    "curation",
    "training_on_reward",
    "generator_size",
)
"""Scripts of this folder, in the order of the table."""


def table(folder: Path = RESULTS) -> list[str]:
    """The lines of the page from the rows in a folder."""
    lines = [line(HEAD), "|" + "---|" * len(HEAD)]
    stamps: list[str] = []
    for name in CLAIMS:
        path = folder / f"{name}.json"
        if path.is_file():
            row, stamp = read(path)
            lines.append(line(cells(row)))
            stamps.append(f"- `python benchmarks/claims/{name}.py`: {stamp}")
        else:
            lines.append(line([f"`{name}.py`", "", "", "", "not measured"]))
    return [
        "# The paper's claims, tested",
        "",
        "`World` is the simulated app, where the true click rate of every text is known and stands for online traffic; "
        "in each seed the world, its log and the models are others. Figures are advantages, 0 is none. `Holds`: the "
        "whole interval is above 0. `Does not hold here`: the whole interval is below the least advantage worth the "
        "name, stated before measuring. Else `undecided`.",
        "",
        *lines,
        "",
        *stamps,
        "",
    ]


def main() -> None:
    lines = table()
    (RESULTS.parent / "claims.md").write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
