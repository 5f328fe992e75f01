"""Other senders: what their files call things, and what their reports mean.

Braze: a CSV for a user import or a campaign trigger names the user `external_id`; texts go in as trigger properties.
OneSignal: `external_id` targets a user; `headings` and `contents` hold the texts by language, `url` the link, and
`idempotency_key` keeps a repeated request from sending twice. Novu: a bulk trigger names a workflow in `name`, the
user in `to.subscriberId`, and `transactionId` is its idempotency key; texts are its `payload`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pushgen.protocols import Message
from pushgen.records import DeliveryState

SENDERS = ("plain", "braze", "onesignal", "novu")
REPORTED: Mapping[str, DeliveryState] = {
    **dict.fromkeys(("delivered", "sent", "send", "success", "accepted"), DeliveryState.ACCEPTED),
    **dict.fromkeys(("bounced", "bounce", "failed", "error", "unsubscribed", "rejected"), DeliveryState.FAILED),
    **dict.fromkeys(("skipped", "suppressed", "aborted", "cancelled", "canceled"), DeliveryState.DROPPED),
}
"""Words of their reports, in lower case, and the outcome that each stands for."""


@dataclass(frozen=True, slots=True)
class Row:
    """One push for one user as another sender wants it."""

    flat: Mapping[str, Any]
    """For CSV."""
    nested: Mapping[str, Any]
    """For JSON lines; the body of a request where the sender takes one per message."""


def rows_for(sender: str, messages: Iterator[Message]) -> Iterator[Row]:
    """Rows in the field names of `sender`, one of `SENDERS`."""
    make = {"plain": _plain, "braze": _braze, "onesignal": _onesignal, "novu": _novu}[sender]
    return map(make, messages)


def _plain(message: Message) -> Row:
    row = {
        "key": message.key,
        "user_id": message.user_id,
        "campaign_id": message.campaign_id,
        "push_id": message.push_id,
        "title": message.title,
        "body": message.body,
        "link": message.link,
    }
    return Row(row, row)


def _braze(message: Message) -> Row:
    texts = {"title": message.title, "body": message.body, "link": message.link, "push_id": message.push_id}
    flat = {"external_id": message.user_id, **texts, "delivery_key": message.key}
    return Row(
        flat, {"external_user_id": message.user_id, "trigger_properties": {**texts, "delivery_key": message.key}}
    )


def _onesignal(message: Message) -> Row:
    flat = {
        "external_id": message.user_id, "headings": message.title, "contents": message.body, "url": message.link,
        "name": message.campaign_id, "idempotency_key": uuid_of(message.key),
    }  # fmt: skip
    nested: dict[str, Any] = {
        "include_aliases": {"external_id": [message.user_id]},
        "target_channel": "push",
        "contents": {"en": message.body},
        "name": message.campaign_id,
        "idempotency_key": uuid_of(message.key),
        "data": {"delivery_key": message.key, "push_id": message.push_id},
    }
    if message.title is not None:
        nested["headings"] = {"en": message.title}
    if message.link is not None:
        nested["url"] = message.link
    return Row(flat, nested)


def _novu(message: Message) -> Row:
    payload = {"title": message.title, "body": message.body, "link": message.link, "push_id": message.push_id}
    flat = {"subscriberId": message.user_id, "name": message.campaign_id, "transactionId": message.key, **payload}
    nested = {
        "name": message.campaign_id,
        "to": {"subscriberId": message.user_id},
        "payload": payload,
        "transactionId": message.key,
    }
    return Row(flat, nested)


def uuid_of(key: str) -> str:
    """The key in the form of a UUID, for those that take no other."""
    return "-".join((key[:8], key[8:12], key[12:16], key[16:20], key[20:32]))
