"""`pushgen report`: one HTML file with tables and plots."""

from pathlib import Path

from pushgen.progress import say


def report(folder: Path, *, out: Path | None = None) -> None:
    """Write one HTML file for the output of `demo`, `run`, `curate` or `train reward`.

    Parameters
    ----------
    folder
        Output folder of one of these commands.
    out
        The HTML file; `report.html` in the folder where not given.
    """
    from pushgen.report import write_report

    say(f"report: {write_report(folder, out)}")
