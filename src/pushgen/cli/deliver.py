"""`pushgen deliver`: send what is planned."""

from pathlib import Path

from pushgen.cli.db_upgrade import DATABASE, Database


def deliver(
    plan: Path | None = None,
    *,
    config: Path | None = None,
    database: Database = DATABASE,
    workers: int = 1,
    until_empty: bool = False,
    dry_run: bool = False,
    hours: float = 0.0,
    preview: str | None = None,
    rejects: Path | None = None,
    json: bool = False,
) -> None:
    """Send what is planned and due, until stopped; then requests under way are waited for and the rest given back.

    Any number of workers on any number of machines share one database. A worker that is killed loses nothing: what
    it had not sent goes again after the lease, what it had under way may be sent twice, under the same key.

    Parameters
    ----------
    plan
        Deliveries to enter first: CSV, JSONL or Parquet with user_id, campaign_id, window, channel, push_id or
        content_id, and, where wanted, due_at, expires_at, experiment_id. A row with a content_id gets the push that
        reviewers approved for it. The same user, campaign and window are entered once for ever.
    config
        TOML file: settings of `pushgen.delivery.DeliveryConfig` and a table [channels.NAME] per channel.
    database
        sqlite:///FILE or postgresql://USER@HOST/NAME.
    workers
        Processes that send.
    until_empty
        Stop when nothing is due and nothing is under way; what is put off into the future stays.
    dry_run
        Send nothing and change nothing; say what would happen to what is due. PLAN is not entered.
    hours
        With --dry-run: also what becomes due within so many hours.
    preview
        Say when the user with this id can next be sent to, and what holds it up; nothing else happens.
    rejects
        Where to write rows of PLAN that cannot be used; beside PLAN where not given, only if there are any.
    json
        Print the counts as JSON on standard output.
    """
    from pushgen.cli.output import print_json
    from pushgen.delivery.clock import SystemClock
    from pushgen.delivery.open import CHANNELS, read_setup
    from pushgen.delivery.preview import dry_run as foresee
    from pushgen.delivery.preview import next_send, tally
    from pushgen.errors import ConfigurationError
    from pushgen.progress import say
    from pushgen.store import open_store

    setup, clock = read_setup(config), SystemClock()
    if dry_run and plan is not None:
        raise ConfigurationError("--dry-run changes nothing, so it takes no PLAN")
    store = open_store(database)
    if preview is not None:
        at, reason = next_send(store, setup.config, clock, preview)
        say(f"{preview} can be sent to from {at.isoformat()}" + (f" ({reason})." if reason else ": now."))
        if json:
            print_json({"user_id": preview, "at": at.isoformat(), "reason": reason})
        return
    if dry_run:
        counts = tally(foresee(store, setup.config, clock, set(CHANNELS) - {"webhook", "apprise"}, hours=hours))
        for verdict, count in counts.items():
            say(f"  {verdict}: {count:,}")
        if json:
            print_json(counts)
        return
    planned: dict[str, int] = {}
    if plan is not None:
        from pushgen.cli.orders import enter

        planned = enter(store, plan, setup.config, clock, rejects)
    if not setup.channels:
        raise ConfigurationError("there is no channel: name at least one as [channels.NAME] in the file of --config")
    from pushgen.cli.send import send

    store.close()
    done = send(database, config, workers=workers, until_empty=until_empty)
    for name, count in sorted(done.items()):
        say(f"  {name}: {count:,}")
    if json:
        print_json({"planned": planned, "done": done})
