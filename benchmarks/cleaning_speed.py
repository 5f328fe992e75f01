"""How fast a send log becomes a corpus: PushGen's import and curation beside the same steps in plain pandas.

    python benchmarks/cleaning_speed.py [--folder DIR] [--rows 10000000] [--small 2000000] [--repeats 3] [--format csv]

Makes the log (`benchmarks/send_log.py`) in the folder or a temporary one, runs both programs in turn, each in a
process of its own so that its peak memory (ru_maxrss) is its own, checks that both corpora are equal, and writes
results/cleaning_speed.md and .json. Embeddings, clusters and style labels are left out on both sides: they would cost
both the same. The soft filter crops all rows as one group.
"""

import argparse
import json
import math
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

RESULTS = Path(__file__).parent / "results"
T_95 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}
"""Two-sided 95% points of Student's t by the number of repeats."""
Measured = dict[str, Any]


def pushgen_side(source: Path, out: Path) -> Measured:
    from pushgen.curation import CurationConfig, LogTables, SoftFilter, write_corpus
    from pushgen.intake import ColumnMapping
    from pushgen.logs import AuditConfig, ImportConfig, import_log
    from pushgen.logs.adapters import TableAdapter
    from pushgen.manifest import hash_path

    columns = {"experiment_id": "experiment", "content_id": "content", "body": "text", "media": "image"}
    mapping = ColumnMapping(columns=columns | {"started_at": "time"})
    config = ImportConfig(audit=AuditConfig(windows=()))
    started = time.perf_counter()
    import_log([source], out / "log", TableAdapter(mapping), config)
    imported = time.perf_counter()
    log = LogTables.open(out / "log")
    inputs = {name: hash_path(out / "log" / name) for name in log.names()}
    funnel = write_corpus(log, out / "corpus", CurationConfig(soft=SoftFilter(by="all")), inputs=inputs)
    done = time.perf_counter()
    return {"import": imported - started, "curate": done - imported, "corpus_rows": funnel.rows_out}


def pandas_side(source: Path, out: Path) -> Measured:
    from benchmarks.cleaning_pandas import run

    return {"corpus_rows": run(source, out)}


def child(side: str, source: Path, out: Path) -> None:
    """One measured run; prints what it found."""
    started = time.perf_counter()
    found = pushgen_side(source, out) if side == "pushgen" else pandas_side(source, out)
    found["seconds"] = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    found["cpu"] = used.ru_utime + used.ru_stime
    found["peak_mib"] = used.ru_maxrss / 1024
    print(json.dumps(found))


def measure(side: str, source: Path, out: Path) -> Measured:
    command = [sys.executable, __file__, "--child", side, str(source), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{side} failed on {source.name}:\n{done.stderr}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def equal(ours: Path, theirs: Path) -> int:
    """The number of rows of the two corpora. Exits where they differ."""
    import polars as pl
    from polars.testing import assert_frame_equal

    columns = ["push_id", "content_id", "text", "weight", "impressions", "clicks"]
    one = pl.read_parquet(ours / "corpus" / "corpus" / "*.parquet").select(columns).sort("push_id")
    two = pl.read_parquet(theirs / "corpus.parquet").select(columns).sort("push_id")
    assert_frame_equal(one, two, check_dtypes=False, abs_tol=1e-12, rel_tol=0)
    bad = pl.scan_parquet(ours / "log" / "rejects" / "*.parquet").select(pl.len()).collect().item()
    assert bad == pl.scan_parquet(theirs / "rejects.parquet").select(pl.len()).collect().item(), "rejects differ"
    return one.height


def interval(ratios: list[float]) -> tuple[float, float, float]:
    """Geometric mean and 95% t-interval of the ratio, on the logarithm."""
    logs = [math.log(ratio) for ratio in ratios]
    mean = sum(logs) / len(logs)
    if len(logs) < 2:
        return math.exp(mean), math.nan, math.nan
    error = math.sqrt(sum((x - mean) ** 2 for x in logs) / (len(logs) - 1) / len(logs))
    half = T_95[min(len(logs), 10)] * error
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)


def commit() -> str:
    words = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def report(results: Measured) -> str:
    ratio, low, high = results["ratio"]
    cpu_ratio, cpu_low, cpu_high = results["cpu_ratio"]
    lines = [
        "# Cleaning speed: import and curation of a send log",
        "",
        f"`python benchmarks/cleaning_speed.py --rows {results['rows']} --small {results['small']} "
        f"--repeats {results['repeats']} --format {results['format']}`, {results['date']}, commit "
        f"{results['commit']}, {results['machine']}.",
        "",
        f"The log has {results['rows']:,} rows over 200,000 distinct texts, {results['megabytes']:,.0f} MB of "
        f"{results['format']}. Both sides end with the same {results['corpus_rows']:,} rows, checked in every repeat.",
        "",
        "| program | rows | seconds, mean (each) | rows per second | processor seconds | peak memory MiB |",
        "|---|---|---|---|---|---|",
    ]
    for side in ("pushgen", "pandas"):
        for size in ("small", "rows"):
            runs = results["runs"][f"{side} {size}"]
            if not runs:
                continue
            seconds = [run["seconds"] for run in runs]
            mean = sum(seconds) / len(seconds)
            each = ", ".join(f"{value:.1f}" for value in seconds)
            peak = max(run["peak_mib"] for run in runs)
            rows = results[size]
            cpu = sum(run["cpu"] for run in runs) / len(runs)
            lines.append(f"| {side} | {rows:,} | {mean:.1f} ({each}) | {rows / mean:,.0f} | {cpu:.1f} | {peak:,.0f} |")
    lines += [
        "",
        f"Load average of the machine before the runs: {results['load'][0]:.1f} to {results['load'][1]:.1f}, of which "
        "the benchmark itself makes 1 to 2; more comes from other programs and lengthens the wall-clock times.",
        "",
        f"Ratio of times (pandas / PushGen) at {results['rows']:,} rows: **{ratio:.1f}**, 95% interval {low:.1f} to "
        f"{high:.1f} over {results['repeats']} paired repeats (t on the logarithm). Ratio of processor times, which do "
        f"not count the use of a second core: {cpu_ratio:.1f}, {cpu_low:.1f} to {cpu_high:.1f}.",
        "",
        "Steps on both sides: read, validate (bad rows set apart), add up to arms, clean each distinct text once "
        "(`clean_text`), merge arms of one text, sample-ratio test, hard filter, soft filter on the shrunk CTR, "
        "confidence, write the tables of the log, the audit and the corpus. PushGen also hashes its input and writes "
        "the funnel and manifests.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--small", type=int, default=2_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--format", choices=["csv", "parquet"], default="csv")
    parser.add_argument("--only", choices=["pushgen", "pandas"], help="measure one side, write nothing")
    parser.add_argument("--child", nargs=3, metavar=("SIDE", "SOURCE", "OUT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child[0], Path(options.child[1]), Path(options.child[2]))
        return
    with tempfile.TemporaryDirectory() as temporary:
        compare(options, options.folder or Path(temporary))


def compare(options: argparse.Namespace, folder: Path) -> None:
    from benchmarks.send_log import TEXTS, make

    runs: dict[str, list[Measured]] = {
        f"{side} {size}": [] for side in ("pushgen", "pandas") for size in ("small", "rows")
    }
    sides = [options.only] if options.only else ["pushgen", "pandas"]
    same = megabytes = 0
    for size in ("small", "rows"):
        source = make(folder, getattr(options, size) // TEXTS, options.format)
        megabytes = source.stat().st_size / 1e6
        for repeat in range(options.repeats):
            with tempfile.TemporaryDirectory(dir=folder) as work:
                outs = {side: Path(work) / side for side in sides}
                for side in sides:
                    load = os.getloadavg()[0]
                    found = measure(side, source, outs[side]) | {"load_before": load}
                    runs[f"{side} {size}"].append(found)
                    print(size, repeat, side, {k: round(v, 1) for k, v in found.items()}, file=sys.stderr, flush=True)
                if len(sides) == 2:
                    same = equal(outs["pushgen"], outs["pandas"])
    if options.only:
        return
    pairs = list(zip(runs["pandas rows"], runs["pushgen rows"], strict=True))
    loads = [run["load_before"] for found in runs.values() for run in found]
    results = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commit": commit(),
        "machine": f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}",
        "rows": options.rows,
        "small": options.small,
        "repeats": options.repeats,
        "format": options.format,
        "megabytes": megabytes,
        "corpus_rows": same,
        "ratio": interval([theirs["seconds"] / ours["seconds"] for theirs, ours in pairs]),
        "cpu_ratio": interval([theirs["cpu"] / ours["cpu"] for theirs, ours in pairs]),
        "load": (min(loads), max(loads)),
        "runs": runs,
    }
    name = "cleaning_speed" if options.format == "csv" else "cleaning_speed_parquet"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    (RESULTS / f"{name}.md").write_text(report(results), encoding="utf-8")
    print(report(results))


if __name__ == "__main__":
    main()
