"""Accounts and sessions: who a person is, by name and password, and which browser is theirs for some hours."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from pushgen.errors import InputError
from pushgen.records import Account, AuditEntry, Role, Session
from pushgen.store import Store, Transaction

SHORTEST, LONGEST = 12, 1_000
"""Characters of a password. Length is what counts; the upper end keeps hashing bounded."""
_HASHER = PasswordHasher()
"""argon2id with the library's defaults, which are the second recommended option of RFC 9106."""


def add_account(store: Store, now: datetime, name: str, role: Role, password: str, *, actor: str) -> Account:
    """A new account. Raises `InputError` for a name that is taken or unusable, and for a password that is too short."""
    if not name or name != name.strip() or not name.isprintable() or "/" in name or len(name) > 100:
        raise InputError(
            field="name",
            expected="1 to 100 printable characters without a slash and without space around them",
            found=repr(name),
            remedy="Use the name under which colleagues know the person.",
        )
    account = Account(name=name, role=role, password_hash=_hash(password), created_at=now)
    with store.begin() as tx:
        if not tx.accounts.add([account]):
            raise InputError(
                field="name",
                expected="a name that nobody has",
                found=repr(name),
                remedy="Choose another name, or set a new password: pushgen user password NAME",
            )
        _note(tx, now, actor, "add", name, {"role": role.value})
    return account


def set_password(store: Store, now: datetime, name: str, password: str, *, actor: str) -> None:
    """Takes the place of the old password and signs the person out everywhere. Raises `InputError`."""
    hashed = _hash(password)
    with store.begin() as tx:
        known(tx, name)
        tx.accounts.rehash(name, hashed)
        tx.sessions.end_all(name)
        _note(tx, now, actor, "password", name, {})


def end_account(tx: Transaction, now: datetime, name: str, *, actor: str) -> None:
    """The account opens nothing from now on; its name stays. Raises `InputError` where there is none."""
    tx.accounts.end(known(tx, name).name, now)
    tx.sessions.end_all(name)
    _note(tx, now, actor, "end", name, {})


def known(tx: Transaction, name: str) -> Account:
    account = tx.accounts.get(name)
    if account is None:
        raise InputError(
            field="name", expected="the name of an account", found=repr(name), remedy="List them: pushgen user list"
        )
    return account


def check_password(store: Store, name: str, password: str) -> Account | None:
    """The account, if the password is its own. Takes as long where there is no such account."""
    with store.read() as tx:
        account = tx.accounts.get(name)
    usable = account is not None and account.ended_at is None
    stored = account.password_hash if account is not None and usable else _nobody()
    try:
        _HASHER.verify(stored, password[:LONGEST])
    except VerificationError:
        return None
    if account is None or not usable:
        return None
    if _HASHER.check_needs_rehash(stored):
        with store.begin() as tx:
            tx.accounts.rehash(name, _HASHER.hash(password))
    return account


def open_session(store: Store, now: datetime, account: Account, hours: float) -> str:
    """A new session; its secret, which only the browser keeps."""
    secret = secrets.token_urlsafe(32)
    session = Session(
        secret_sha256=fingerprint(secret), name=account.name, created_at=now, expires_at=now + timedelta(hours=hours)
    )
    with store.begin() as tx:
        tx.sessions.forget(now)
        tx.sessions.add([session])
    return secret


def find_account(tx: Transaction, secret: str, now: datetime) -> Account | None:
    """Whose session this is, if it holds."""
    session = tx.sessions.get(fingerprint(secret))
    if session is None or session.expires_at <= now:
        return None
    account = tx.accounts.get(session.name)
    return account if account is not None and account.ended_at is None else None


def fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _hash(password: str) -> str:
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(
            field="password",
            expected=f"{SHORTEST} to {LONGEST:,} characters",
            found=f"{len(password):,}",
            remedy="A sentence is easy to remember and long enough.",
        )
    return _HASHER.hash(password)


@cache
def _nobody() -> str:
    """A hash that no password has, so that an unknown name costs what a known one does."""
    return _HASHER.hash(secrets.token_urlsafe(32))


def _note(tx: Transaction, at: datetime, actor: str, action: str, name: str, detail: dict[str, str]) -> None:
    tx.audit.note(AuditEntry(at=at, actor=actor, action=action, noun="account", noun_id=name, detail=detail))


def listed(tx: Transaction) -> Sequence[Account]:
    """Every account, by name."""
    return tx.accounts.page(limit=10_000)
