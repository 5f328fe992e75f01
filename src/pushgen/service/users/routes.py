"""Users: zone and slots, preferences, erasure."""

from typing import Any

from fastapi import APIRouter, Request, Response

from pushgen.records import Preference, Recipient
from pushgen.service.access import actor, needs
from pushgen.service.etags import etag_of, require_match, tagged
from pushgen.service.fields import Id
from pushgen.service.paging import Cursor, Limit, Page, page_of
from pushgen.service.problems import documented, missing
from pushgen.service.scopes import Scope
from pushgen.service.state import Here
from pushgen.service.users import service as users
from pushgen.service.users.schemas import DeviceShown, Erased, RecipientFields, Wanted, shown

router = APIRouter(prefix="/v1/users/{user_id}", tags=["users"], responses=documented())


@router.get(
    "",
    dependencies=needs(Scope.USERS_READ),
    response_model=Recipient,
    responses=documented(404) | {304: {"description": "Not Modified"}},
)
def get_user(service: Here, request: Request, response: Response, user_id: Id) -> Any:
    """Zone and slot values of a user."""
    with service.store.read() as tx:
        found = tx.recipients.get(user_id)
    if found is None:
        raise missing("user")
    return tagged(request, response, found)


@router.put(
    "",
    dependencies=needs(Scope.USERS_WRITE),
    responses=documented(412) | {201: {"model": Recipient, "description": "Created"}},
)
def put_user(service: Here, request: Request, response: Response, user_id: Id, body: RecipientFields) -> Recipient:
    """Keeps zone and slot values of a user, whole."""
    recipient = Recipient(user_id=user_id, zone=body.zone, fields=dict(body.fields))
    with service.store.begin() as tx:
        before = tx.recipients.get(user_id, lock=True)
        require_match(request, before)
        tx.recipients.put([recipient])
    response.status_code = 201 if before is None else 200
    response.headers["ETag"] = etag_of(recipient)
    return recipient


@router.delete("", dependencies=needs(Scope.USERS_ERASE))
def erase_user(service: Here, request: Request, user_id: Id) -> Erased:
    """Forgets a user: what names them goes, what was counted stays without a name."""
    with service.store.begin() as tx:
        return Erased(rows=users.erase(tx, user_id, actor(request), service.clock.now()))


@router.get("/devices", dependencies=needs(Scope.USERS_READ))
def list_devices(service: Here, user_id: Id, cursor: Cursor = None, limit: Limit = 100) -> Page[DeviceShown]:
    """Devices of a user, those out of use among them."""
    with service.store.read() as tx:
        found = page_of(tx.devices, cursor, limit, user_id=user_id)
    return Page(items=[shown(device) for device in found.items], next=found.next)


@router.get("/preferences", dependencies=needs(Scope.USERS_READ))
def list_preferences(service: Here, user_id: Id, cursor: Cursor = None, limit: Limit = 100) -> Page[Preference]:
    """What a user said about topics; what they did not speak of is wanted."""
    with service.store.read() as tx:
        return page_of(tx.preferences, cursor, limit, user_id=user_id)


@router.put("/preferences/{topic}", dependencies=needs(Scope.USERS_WRITE))
def put_preference(service: Here, user_id: Id, topic: Id, body: Wanted) -> Preference:
    """Whether a user wants pushes of a topic, `*` for all. It holds for what has not gone out yet."""
    preference = Preference(user_id=user_id, topic=topic, wanted=body.wanted, changed_at=service.clock.now())
    with service.store.begin() as tx:
        tx.preferences.put([preference])
    return preference
