"""The whole road on a real log: import, curate, train both models, write for held-out contents, measure the choice.

    PUSHGEN_DATA=DATA python benchmarks/upworthy.py [--work DIR]

Runs the commands that a user would type, on `upworthy/packages.csv`. Contents are split by a salted hash (`splits.py`);
the held-out fifth is read by `run` and `evaluate` only. Writes benchmarks/results/upworthy.md and .json.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.machine import stamp

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=None)
    arguments = parser.parse_args()
    data = os.environ.get("PUSHGEN_DATA")
    if not data:
        sys.exit("set PUSHGEN_DATA to the folder that holds upworthy/packages.csv")
    with tempfile.TemporaryDirectory() as scratch:
        work = arguments.work or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        _road(Path(data) / "upworthy" / "packages.csv", work)


def _road(source: Path, work: Path) -> None:
    steps: list[tuple[str, float, str]] = []

    def call(*words: str, may_fail: bool = False) -> int:
        shown = " ".join(
            ["pushgen", *(word.replace(str(work), "WORK").replace(str(source), "packages.csv") for word in words)]
        )
        print(f"$ {shown}", file=sys.stderr, flush=True)
        started = time.monotonic()
        done = subprocess.run([sys.executable, "-m", "pushgen", *words], check=False)
        if done.returncode and not may_fail:
            sys.exit(f"{shown} failed with {done.returncode}")
        steps.append((shown, time.monotonic() - started, "done" if not done.returncode else f"exit {done.returncode}"))
        return done.returncode

    log, corpus, generator, reward = (str(work / name) for name in ("log", "corpus", "generator", "reward"))
    call("import", "upworthy", str(source), "--out", log)
    call("curate", log, "--out", corpus, "--preset", "upworthy")
    refused = call("train", "generator", corpus, "--out", generator, may_fail=True)
    call("train", "reward", log, "--out", reward)
    evaluation = work / "evaluation.json"
    call("evaluate", "reward", reward, log, "--json", str(evaluation))
    spec = "template" if refused else generator
    call("run", log, "--part", "holdout", "--generator", spec, "--reward", reward, "--out", str(work / "run"))
    _write(
        steps, json.loads(evaluation.read_text()), json.loads((work / "run" / "summary.json").read_text()), spec, work
    )


def _write(
    steps: list[tuple[str, float, str]], evaluation: dict[str, Any], run: dict[str, Any], generator: str, work: Path
) -> None:
    lines = ["# Upworthy, end to end", "", *stamp(), "", "Command: `python benchmarks/upworthy.py`", ""]
    lines += ["| step | seconds | outcome |", "|---|---|---|"]
    lines += [f"| `{shown}` | {seconds:.0f} | {outcome} |" for shown, seconds, outcome in steps]
    lines += ["", "## Reward model on held-out experiments", ""]
    lines += ["| metric | model [95%] | longer wins [95%] | n |", "|---|---|---|---|"]
    lines += [
        f"| {row['metric']} | {row['model']} | {row['baseline']} | {row['count']} |" for row in evaluation["table"]
    ]
    lines += ["", "## Run on held-out contents", ""]
    name = "template" if generator == "template" else "seq2seq, trained on this log"
    lines += [
        f"Generator: {name}. {run['contents']} contents, {run['candidates']} candidates, {run['selections']} chosen, "
        f"{run['fallbacks']} from the fallback template.",
        "",
        "| not used because | count |",
        "|---|---|",
        *(f"| blocked by {rule} | {count} |" for rule, count in run["blocked"].items()),
        *(f"| {reason} | {count} |" for reason, count in {**run["failures"], **run["rejects"]}.items()),
        "",
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "upworthy.md").write_text("\n".join(lines), encoding="utf-8")
    values = {"steps": steps, "evaluation": evaluation, "run": run, "generator": name}
    text = json.dumps(values, indent=1, ensure_ascii=False).replace(str(work), "WORK")
    (RESULTS / "upworthy.json").write_text(text + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
