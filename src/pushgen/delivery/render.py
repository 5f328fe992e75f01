"""From a delivery to the message that goes out."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pushgen.delivery.slots import fill
from pushgen.protocols import Message
from pushgen.records import Delivery, Device, Push, Recipient
from pushgen.text.graphemes import byte_length, cut_bytes

ELLIPSIS = "…"


def render(delivery: Delivery, push: Push, recipient: Recipient, device: Device | None) -> Message:
    """Raises `UnfilledSlotError` where a slot has neither a value nor a stand-in."""
    return Message(
        key=delivery.key,
        user_id=delivery.user_id,
        device=device,
        title=None if push.title is None else fill(push.title, recipient.fields),
        body=fill(push.body, recipient.fields),
        link=push.link,
        media=push.media,
        campaign_id=delivery.campaign_id,
        push_id=delivery.push_id,
        priority=delivery.priority,
        expires_at=delivery.expires_at,
    )


def fit(message: Message, payload: Callable[[Message], Mapping[str, Any]], limit: int) -> bytes | None:
    """The payload as JSON of at most `limit` bytes, the body cut between graphemes where it must be.

    None where it does not fit even without a body.
    """
    encoded = encode(payload(message))
    if len(encoded) <= limit:
        return encoded
    room = byte_length(message.body) - (len(encoded) - limit) - byte_length(ELLIPSIS)
    while room > 0:
        shorter = replace(message, body=cut_bytes(message.body, room).rstrip() + ELLIPSIS)
        encoded = encode(payload(shorter))
        if len(encoded) <= limit:
            return encoded
        # Characters that JSON escapes take more bytes there than in the text.
        room -= max(len(encoded) - limit, 1)
    return None


def encode(value: Mapping[str, Any]) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
