"""Webhooks in and out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from pushgen.records import NoticeKind, Webhook
from pushgen.service.fields import Incoming, Line


class WebhookIn(Incoming):
    """Who wants to be told of what."""

    url: Annotated[Line, Field(min_length=1)]
    """https, to a public address."""
    kinds: Annotated[list[NoticeKind], Field(min_length=1, max_length=len(NoticeKind))]


class WebhookShown(BaseModel):
    """A webhook without its secret."""

    webhook_id: str
    url: str
    kinds: list[str]
    created_at: datetime


class WebhookMade(WebhookShown):
    """A webhook with its secret, which is not shown again."""

    secret: str
    """Notices are signed with it as Standard Webhooks 1.0 has it."""


class NoticeShown(BaseModel):
    """What a webhook was or is to be told."""

    notice_id: str
    kind: NoticeKind
    data: Mapping[str, str]
    at: datetime
    due_at: datetime
    attempts: int
    settled_at: datetime | None
    outcome: str | None


def shown(webhook: Webhook) -> WebhookShown:
    return WebhookShown(
        webhook_id=webhook.webhook_id, url=webhook.url, kinds=list(webhook.kinds), created_at=webhook.created_at
    )
