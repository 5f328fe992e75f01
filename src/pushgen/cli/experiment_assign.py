"""`pushgen experiment assign`: which user or device sees which arm."""

from pathlib import Path


def assign(ids: Path, *, experiments: Path, out: Path, json: bool = False) -> None:
    """Assign every id to an arm, by a salted hash that any language can compute again (`pushgen.experiments.buckets`).

    The output has one row per id and layer: the id, layer, experiment_id, arm, held_out. The same id always gets the
    same arm; nothing is stored.

    Parameters
    ----------
    ids
        CSV, JSONL or Parquet with a column user_id, or device_id where the experiments are per device.
    experiments
        TOML file: `unit = "user"`, `[holdout]` with name and share, and for each experiment `[[experiments]]` with
        id, layer, from, to (its slice of the layer, 0 to 1) and arms = { control = 1, emoji = 1 }.
    out
        Output file; its ending (.csv, .jsonl, .parquet) tells the format. Bad rows go to OUT.rejects.parquet.
    json
        Print the counts per arm as JSON on standard output.
    """
    import polars as pl

    from pushgen.experiments.assignment import COLUMNS, read_assignment
    from pushgen.intake import load
    from pushgen.progress import say
    from pushgen.tables import REJECTS, Column, Table, check_ending, write_foreign, write_table

    check_ending(out)
    plan = read_assignment(experiments)
    column = COLUMNS[plan.unit]
    loaded = load(ids, Table("ids", (Column(column, pl.String, required=True),), (column,)))
    assigned = plan.assign(loaded.frame[column])
    write_foreign(assigned, out)
    rejects_file = out.with_name(f"{out.name}.rejects.parquet")
    rejects_file.unlink(missing_ok=True)
    if loaded.rejects.height:
        write_table(loaded.rejects, rejects_file, REJECTS)
        say(f"{loaded.rejects.height} rows of {ids} are set apart in {rejects_file}: missing or repeated ids")
    held = assigned.filter(pl.col("held_out"))[column].n_unique()
    say(f"{loaded.frame.height:,} ids, {held:,} of them held out. Written to {out}.")
    counts = assigned.drop_nulls("arm").group_by("experiment_id", "arm", maintain_order=True).len()
    rows: list[dict[str, object]] = []
    for experiment in plan.experiments:
        sizes = dict(
            counts.filter(pl.col("experiment_id") == experiment.experiment_id).select("arm", "len").iter_rows()
        )
        shown = ", ".join(f"{arm} {sizes.get(arm, 0):,}" for arm in experiment.arms)
        say(f"  {experiment.experiment_id}: {shown}")
        for arm in experiment.arms:
            rows.append({"experiment_id": experiment.experiment_id, "arm": arm, "ids": sizes.get(arm, 0)})
    if json:
        from pushgen.cli.output import print_json

        print_json({"ids": loaded.frame.height, "held_out": held, "rejected": loaded.rejects.height, "arms": rows})
