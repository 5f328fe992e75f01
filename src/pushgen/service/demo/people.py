"""People of the simulated app: accounts to sign in with, and what two of them said of pairs."""

import random
import secrets
from collections.abc import Sequence

from pushgen.records import Role
from pushgen.service.pages.accounts import add_account, set_password
from pushgen.service.pages.judging import judge, next_pair
from pushgen.service.state import Service

PEOPLE = {"ann": Role.REVIEWER, "ben": Role.REVIEWER, "admin": Role.ADMIN}
_SHARED_TASTE = 0.8
"""How often the second person says what the first one did."""


def add_people(service: Service, seed: int = 0) -> tuple[Sequence[str], str]:
    """Names and the password that all of them have from now on; who is there already gets it as well."""
    password = secrets.token_urlsafe(12)
    now = service.clock.now()
    with service.store.read() as tx:
        known = {account.name for account in tx.accounts.page(limit=1_000)}
        judged = tx.judgements.count()
    for name, role in PEOPLE.items():
        if name in known:
            set_password(service.store, now, name, password, actor="demo")
        else:
            add_account(service.store, now, name, role, password, actor="demo")
    if not judged:
        _judge(service, seed)
    return list(PEOPLE), password


def _judge(service: Service, seed: int) -> None:
    drawn = random.Random(seed)
    now = service.clock.now()
    said: dict[str, str | None] = {}
    with service.store.begin() as tx:
        for name in ("ann", "ben"):
            while (pair := next_pair(tx, name)) is not None:
                ids = sorted((pair.first.candidate_id, pair.second.candidate_id))
                own = drawn.choice((*ids, ids[0], ids[1], None))
                same = name == "ben" and drawn.random() < _SHARED_TASTE
                preferred = said.get(ids[0], own) if same else own
                said[ids[0]] = preferred
                judge(tx, pair, name, preferred, now)
