"""Keys: `pushgen_ID_SECRET`. The id finds the row, the secret is compared by its hash."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from pushgen.errors import InputError
from pushgen.protocols import Clock
from pushgen.records import ApiKey, AuditEntry
from pushgen.service.scopes import Scope
from pushgen.store import Store, Transaction

_PREFIX = "pushgen"
_COMMAND_LINE = "command line"


def add_key(
    store: Store,
    clock: Clock,
    name: str,
    scopes: Sequence[str],
    *,
    lasts: timedelta | None = None,
    replaces: str | None = None,
    grace: timedelta = timedelta(),
) -> tuple[ApiKey, str]:
    """A new key and its secret form, which is nowhere else and is never shown again.

    A key that `replaces` another takes over its scopes where none are given; the other one ends after `grace`.
    Raises `InputError` for a scope or a key that does not exist, and where no scope is left.
    """
    now = clock.now()
    with store.begin() as tx:
        if replaces is not None:
            scopes = scopes or _known(tx, replaces).scopes
            tx.keys.expire(replaces, now + grace)
        key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        key = ApiKey(
            key_id=key_id,
            name=name,
            secret_sha256=_hash(secret),
            scopes=_checked(scopes),
            created_at=now,
            expires_at=None if lasts is None else now + lasts,
        )
        tx.keys.add([key])
        _note(tx, "add", key_id, now, {} if replaces is None else {"replaces": replaces})
    return key, f"{_PREFIX}_{key_id}_{secret}"


def revoke_key(store: Store, clock: Clock, key_id: str) -> None:
    """The key opens nothing from now on. Raises `InputError` where there is none with this id."""
    now = clock.now()
    with store.begin() as tx:
        _known(tx, key_id)
        tx.keys.revoke(key_id, now)
        _note(tx, "revoke", key_id, now, {})


def find_key(tx: Transaction, presented: str, now: datetime) -> ApiKey | None:
    """The key that somebody presents, if it is one, its secret is right, and it still holds."""
    prefix, _, rest = presented.partition("_")
    key_id, _, secret = rest.partition("_")
    if prefix != _PREFIX or not key_id.isalnum() or not key_id.isascii():
        return None
    key = tx.keys.get(key_id)
    if key is None or not hmac.compare_digest(key.secret_sha256, _hash(secret)):
        return None
    return key if key.holds(now) else None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _checked(scopes: Sequence[str]) -> list[str]:
    known = {scope.value for scope in Scope}
    strange = sorted(set(scopes) - known)
    if strange or not scopes:
        raise InputError(
            field="scopes",
            expected=f"at least one of {', '.join(sorted(known))}",
            found=repr(strange[0]) if strange else "none",
            remedy="Name what the program that gets the key has to do, and no more.",
        )
    return sorted(set(scopes))


def _known(tx: Transaction, key_id: str) -> ApiKey:
    key = tx.keys.get(key_id)
    if key is None:
        raise InputError(
            field="key_id",
            expected="the id of a key",
            found=repr(key_id),
            remedy="List the keys: pushgen key list",
        )
    return key


def _note(tx: Transaction, action: str, key_id: str, at: datetime, detail: dict[str, str]) -> None:
    tx.audit.note(AuditEntry(at=at, actor=_COMMAND_LINE, action=action, noun="key", noun_id=key_id, detail=detail))
