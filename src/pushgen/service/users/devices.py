"""Devices by their own id: an app reports one whenever it starts."""

from fastapi import APIRouter, Request, Response

from pushgen.service.access import needs
from pushgen.service.etags import etag_of, require_match
from pushgen.service.fields import Id
from pushgen.service.problems import documented, missing
from pushgen.service.scopes import Scope
from pushgen.service.state import Here
from pushgen.service.users.schemas import DeviceFields, DeviceShown, shown
from pushgen.service.users.service import device_of

router = APIRouter(prefix="/v1/devices/{device_id}", tags=["users"], responses=documented())


@router.put(
    "",
    dependencies=needs(Scope.USERS_WRITE),
    responses=documented(412) | {201: {"model": DeviceShown, "description": "Created"}},
)
def put_device(service: Here, request: Request, response: Response, device_id: Id, body: DeviceFields) -> DeviceShown:
    """Keeps a device, whole. One that was out of use is in use again."""
    device = device_of(device_id, body, service.clock.now())
    with service.store.begin() as tx:
        before = tx.devices.get(device_id, lock=True)
        require_match(request, before)
        tx.devices.put([device])
    response.status_code = 201 if before is None else 200
    response.headers["ETag"] = etag_of(device)
    return shown(device)


@router.delete("", dependencies=needs(Scope.USERS_WRITE), status_code=204, responses=documented(404))
def retire_device(service: Here, device_id: Id) -> None:
    """Takes a device out of use."""
    with service.store.begin() as tx:
        if tx.devices.get(device_id) is None:
            raise missing("device")
        tx.devices.retire([device_id], service.clock.now())
