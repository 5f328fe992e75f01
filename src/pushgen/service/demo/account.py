"""Somebody who may look at the pages of the demo."""

import secrets

from pushgen.records import Role
from pushgen.service.pages.accounts import add_account, set_password
from pushgen.service.state import Service

NAME = "demo"


def demo_account(service: Service) -> str:
    """A new password of the account `NAME`, which may do everything; an earlier one is void."""
    password = secrets.token_urlsafe(12)
    with service.store.read() as tx:
        known = tx.accounts.get(NAME)
    if known is None:
        add_account(service.store, service.clock.now(), NAME, Role.ADMIN, password, actor="demo")
    else:
        set_password(service.store, service.clock.now(), NAME, password, actor="demo")
    return password
