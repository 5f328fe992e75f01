"""`pushgen key`: what lets programs use the service."""

from pushgen.cli.db_upgrade import DATABASE, Database


def add(
    name: str,
    *,
    scopes: list[str] | None = None,
    days: float | None = None,
    replaces: str | None = None,
    grace_hours: float = 0.0,
    database: Database = DATABASE,
    json: bool = False,
) -> None:
    """Make a key and print it, once: only its hash is kept.

    To rotate a key, add one that replaces it, give it to the program within the grace, and the old one ends.

    Parameters
    ----------
    name
        Whose key it is, in words.
    scopes
        What it may do, such as `contents:write`; once for each. `pushgen serve --routes` lists who needs what.
    days
        Days until it ends; it does not end where not given.
    replaces
        Id of the key that it takes the place of, and the scopes of where none are given.
    grace_hours
        How long the replaced key still works.
    database
        sqlite:///FILE or postgresql://USER@HOST/NAME.
    json
        Print the key and its id as JSON on standard output.
    """
    from datetime import timedelta

    from pushgen.cli.output import print_json
    from pushgen.delivery.clock import SystemClock
    from pushgen.errors import ConfigurationError
    from pushgen.progress import say
    from pushgen.service.keys import add_key
    from pushgen.store import open_store

    if (days is not None and not 0 < days <= 36_500) or not 0 <= grace_hours <= 876_000:
        raise ConfigurationError(f"--days must be above 0 and --grace-hours at least 0, found {days} and {grace_hours}")
    store = open_store(database)
    lasts = None if days is None else timedelta(days=days)
    grace = timedelta(hours=grace_hours)
    key, secret = add_key(store, SystemClock(), name, scopes or [], lasts=lasts, replaces=replaces, grace=grace)
    store.close()
    say(f"Key {key.key_id} for {name!r} may: {', '.join(key.scopes)}. It is shown this once:")
    if json:
        print_json({"key_id": key.key_id, "key": secret, "scopes": list(key.scopes)})
    else:
        print(secret)


def list_keys(*, database: Database = DATABASE, json: bool = False) -> None:
    """Who has keys, and what they may do.

    Parameters
    ----------
    database
        sqlite:///FILE or postgresql://USER@HOST/NAME.
    json
        Print the keys as JSON on standard output, without their hashes.
    """
    from pushgen.cli.output import print_json
    from pushgen.delivery.clock import SystemClock
    from pushgen.progress import say
    from pushgen.settings import as_dict
    from pushgen.store import open_store

    store, now = open_store(database), SystemClock().now()
    with store.read() as tx:
        keys = tx.keys.page(limit=10_000)
    store.close()
    for key in keys:
        state = "holds" if key.holds(now) else "ended"
        say(f"{key.key_id}  {state}  {key.name!r}  {', '.join(key.scopes)}")
    if json:
        print_json([{name: value for name, value in as_dict(key).items() if name != "secret_sha256"} for key in keys])


def revoke(key_id: str, *, database: Database = DATABASE) -> None:
    """End a key at once.

    Parameters
    ----------
    key_id
        Its id, the middle part of the key.
    database
        sqlite:///FILE or postgresql://USER@HOST/NAME.
    """
    from pushgen.delivery.clock import SystemClock
    from pushgen.progress import say
    from pushgen.service.keys import revoke_key
    from pushgen.store import open_store

    store = open_store(database)
    revoke_key(store, SystemClock(), key_id)
    store.close()
    say(f"Key {key_id} opens nothing from now on.")
