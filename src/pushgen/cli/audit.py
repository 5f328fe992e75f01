"""`pushgen audit`: what is wrong with a log."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pushgen.logs.audit import AuditConfig, audit_log, summary
from pushgen.logs.log import Log
from pushgen.logs.pairs import make_pairs


def audit(
    log: Path,
    /,
    *,
    windows: tuple[str, ...] | None = None,
    sample_ratio_p: float | None = None,
    to_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> None:
    """Sample-ratio mismatch, impossible counts, duplicates, excluded windows: how many, and what was done.

    Args:
        log: Folder of an imported log.
        windows: Days FIRST/LAST to look at instead of those of the import.
        sample_ratio_p: p-value to look at instead of that of the import.
        to_json: Write the findings to standard output as JSON.
    """
    opened = Log.open(log)
    config = AuditConfig.of(opened)
    if windows is not None or sample_ratio_p is not None:
        config = AuditConfig(
            windows=config.windows if windows is None else windows,
            sample_ratio_p=config.sample_ratio_p if sample_ratio_p is None else sample_ratio_p,
        )
    if to_json:
        paired = make_pairs(opened)
        result = {
            "summary": summary(opened.experiments, opened.pushes, opened.contents),
            "findings": [asdict(finding) for finding in audit_log(opened, config)],
            "pairs": paired.frame.height,
            "left_out": dict(paired.left_out),
        }
        json.dump(result, sys.stdout, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        show(opened, config)


def show(log: Log, config: AuditConfig) -> None:
    """The audit as a table on standard error."""
    from rich.console import Console
    from rich.table import Table

    console = Console(stderr=True)
    sizes = summary(log.experiments, log.pushes, log.contents)
    excluded = ", ".join(f"{count} {reason}" for reason, count in sizes["excluded"].items()) or "none"
    table = Table(title=f"Audit of {log.path}", title_justify="left")
    for heading, justify in (
        ("check", "left"),
        ("found", "right"),
        ("of", "right"),
        ("unit", "left"),
        ("done", "left"),
    ):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for finding in audit_log(log, config):
        of = f"{finding.of:,}" if finding.of is not None else ""
        done = finding.done if finding.count else ""
        table.add_row(finding.check, f"{finding.count:,}", of, finding.unit, done)
    console.print(table)
    console.print(
        f"{sizes['contents']:,} contents, {sizes['pushes']:,} pushes, {sizes['experiments']:,} experiments with "
        f"{sizes['arms']:,} arms; experiments excluded: {excluded}"
    )
    paired = make_pairs(log)
    console.print(f"{paired.frame.height:,} pairs")
    for reason, count in paired.left_out.items():
        if count:
            console.print(f"  left out: {count:,} {reason}")
