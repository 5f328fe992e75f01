"""Webhooks: made, listed, removed, and what became of their notices."""

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from pushgen.records import AuditEntry, Webhook
from pushgen.service.access import actor, needs
from pushgen.service.fields import Id
from pushgen.service.paging import Cursor, Limit, Page, page_of
from pushgen.service.problems import documented, missing
from pushgen.service.scopes import Scope
from pushgen.service.state import Here
from pushgen.service.webhooks.schemas import NoticeShown, WebhookIn, WebhookMade, WebhookShown, shown
from pushgen.service.webhooks.service import make

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], responses=documented())


@router.get("", dependencies=needs(Scope.WEBHOOKS_READ))
def list_webhooks(service: Here, cursor: Cursor = None, limit: Limit = 100) -> Page[WebhookShown]:
    """Webhooks in the order of their ids."""
    with service.store.read() as tx:
        page = page_of(tx.webhooks, cursor, limit)
    return Page(items=[shown(webhook) for webhook in page.items], next=page.next)


@router.post("", dependencies=needs(Scope.WEBHOOKS_WRITE), status_code=201)
async def add_webhook(service: Here, request: Request, body: WebhookIn) -> WebhookMade:
    """Tells this URL from now on. The answer holds the secret of its signatures, once."""
    webhook, made = await make(service, body)

    def keep() -> None:
        with service.store.begin() as tx:
            tx.webhooks.add([webhook])
            tx.audit.note(_entry(service, request, "add", webhook.webhook_id))

    await run_in_threadpool(keep)
    return made


@router.delete("/{webhook_id}", dependencies=needs(Scope.WEBHOOKS_WRITE), status_code=204, responses=documented(404))
def remove_webhook(service: Here, request: Request, webhook_id: Id) -> None:
    """Tells this URL nothing any more."""
    with service.store.begin() as tx:
        _known(tx.webhooks.get(webhook_id))
        tx.webhooks.remove(webhook_id)
        tx.audit.note(_entry(service, request, "remove", webhook_id))


@router.get("/{webhook_id}/notices", dependencies=needs(Scope.WEBHOOKS_READ), responses=documented(404))
def list_notices(service: Here, webhook_id: Id, cursor: Cursor = None, limit: Limit = 100) -> Page[NoticeShown]:
    """What a webhook was or is to be told, and what became of it."""
    with service.store.read() as tx:
        _known(tx.webhooks.get(webhook_id))
        page = page_of(tx.notices, cursor, limit, webhook_id=webhook_id)
    return Page(items=[NoticeShown.model_validate(one, from_attributes=True) for one in page.items], next=page.next)


def _known(webhook: Webhook | None) -> Webhook:
    if webhook is None:
        raise missing("webhook")
    return webhook


def _entry(service: Here, request: Request, action: str, webhook_id: str) -> AuditEntry:
    return AuditEntry(at=service.clock.now(), actor=actor(request), action=action, noun="webhook", noun_id=webhook_id)
