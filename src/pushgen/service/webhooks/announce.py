"""News for webhooks, in the transaction in which it happens: either both are kept or neither."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from pushgen.records import Notice, NoticeKind
from pushgen.store import Transaction


def announce(tx: Transaction, kind: NoticeKind, data: Mapping[str, str], now: datetime) -> None:
    """One notice for each webhook that asked for this kind. `data` holds ids and no words of anybody."""
    tx.notices.add(
        Notice(
            notice_id=secrets.token_hex(16),
            webhook_id=webhook.webhook_id,
            kind=kind,
            data=data,
            at=now,
            due_at=now,
        )
        for webhook in tx.webhooks.all()
        if kind.value in webhook.kinds
    )
