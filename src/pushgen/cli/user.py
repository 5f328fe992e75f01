"""`pushgen user`: accounts of people who sign in to the pages."""

from typing import Literal

from pushgen.cli.db_upgrade import DATABASE, Database

_ACTOR = "command line"


def add(
    name: str,
    *,
    role: Literal["viewer", "reviewer", "admin"] = "reviewer",
    generate: bool = False,
    database: Database = DATABASE,
) -> None:
    """Make an account. The password is asked for, or read from standard input where that is no terminal.

    Parameters
    ----------
    name
        What the person signs in with; reviews are kept under it.
    role
        viewer looks, reviewer decides, admin also undoes what others decided, looks up users and ends accounts.
    generate
        Draw a password and print it on standard output, once.
    database
        sqlite:///FILE or postgresql://USER@HOST/NAME.
    """
    from pushgen.delivery.clock import SystemClock
    from pushgen.progress import say
    from pushgen.records import Role
    from pushgen.service.pages.accounts import add_account
    from pushgen.store import open_store

    store = open_store(database)
    password = _drawn() if generate else _asked(name)
    add_account(store, SystemClock().now(), name, Role(role), password, actor=_ACTOR)
    store.close()
    say(f"{name!r} signs in at /pages as {role}." + (" The password is shown this once:" if generate else ""))
    if generate:
        print(password)


def list_accounts(*, database: Database = DATABASE, json: bool = False) -> None:
    """Who has accounts, and what they may do.

    Parameters
    ----------
    database
        sqlite:///FILE or postgresql://USER@HOST/NAME.
    json
        Print the accounts as JSON on standard output, without their hashes.
    """
    from pushgen.cli.output import print_json
    from pushgen.progress import say
    from pushgen.service.pages.accounts import listed
    from pushgen.settings import as_dict
    from pushgen.store import open_store

    store = open_store(database)
    with store.read() as tx:
        accounts = listed(tx)
    store.close()
    for account in accounts:
        say(f"{account.name!r}  {account.role}  {'holds' if account.ended_at is None else 'ended'}")
    if json:
        print_json([{key: value for key, value in as_dict(one).items() if key != "password_hash"} for one in accounts])


def password(name: str, *, generate: bool = False, database: Database = DATABASE) -> None:
    """Set a new password; the person is signed out everywhere.

    Parameters
    ----------
    name
        Of the account.
    generate
        Draw a password and print it on standard output, once.
    database
        sqlite:///FILE or postgresql://USER@HOST/NAME.
    """
    from pushgen.delivery.clock import SystemClock
    from pushgen.progress import say
    from pushgen.service.pages.accounts import set_password
    from pushgen.store import open_store

    store = open_store(database)
    new = _drawn() if generate else _asked(name)
    set_password(store, SystemClock().now(), name, new, actor=_ACTOR)
    store.close()
    say(f"{name!r} has a new password" + (", shown this once:" if generate else "."))
    if generate:
        print(new)


def end(name: str, *, database: Database = DATABASE) -> None:
    """End an account at once; its reviews stay.

    Parameters
    ----------
    name
        Of the account.
    database
        sqlite:///FILE or postgresql://USER@HOST/NAME.
    """
    from pushgen.delivery.clock import SystemClock
    from pushgen.progress import say
    from pushgen.service.pages.accounts import end_account
    from pushgen.store import open_store

    store = open_store(database)
    with store.begin() as tx:
        end_account(tx, SystemClock().now(), name, actor=_ACTOR)
    store.close()
    say(f"{name!r} can no longer sign in.")


def _drawn() -> str:
    import secrets

    return secrets.token_urlsafe(16)


def _asked(name: str) -> str:
    """Never an argument: other people of the machine can read those."""
    import sys
    from getpass import getpass

    from pushgen.errors import InputError

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass(f"Password for {name}: ")
    if getpass("The same again: ") != first:
        raise InputError(
            field="password", expected="the same twice", found="two different ones", remedy="Run the command again."
        )
    return first
