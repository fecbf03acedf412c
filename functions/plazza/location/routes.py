"""Places over HTTP."""

from uuid import UUID

from plazza.data.sql import POSTGRES, read
from plazza.http import paging
from plazza.http.api import EVERYONE, PUBLIC, Api
from plazza.identity import Caller, Role
from plazza.location import store
from plazza.location.actions import addresses, areas, serviceability
from plazza.location.models import (
    AddAddress,
    Addresses,
    AddressView,
    AreaChange,
    AreaHistoryQuery,
    AreaListQuery,
    AreaQuery,
    Areas,
    AreaView,
    ChangeAddress,
    ChangeArea,
    CheckServiceability,
    PutArea,
    ServiceabilityView,
)
from plazza.schema import Page

api = Api("locations")

MAX_FOUND = 20


@api.get("/addresses", roles=[Role.CUSTOMER])
def list_addresses(caller: Caller) -> Addresses:
    """List the caller's addresses, the default first."""
    return Addresses(items=read(lambda tx: store.list_addresses(tx, caller.uid), on=POSTGRES))


@api.post("/addresses", roles=[Role.CUSTOMER], status=201)
def add_address(caller: Caller, body: AddAddress) -> AddressView:
    """Add an address; without a pin it is looked up on the map."""
    return addresses.add_address(caller.uid, body)


@api.get("/addresses/<uuid:address_id>", roles=[Role.CUSTOMER])
def get_address(caller: Caller, address_id: UUID) -> AddressView:
    """Give one address."""
    return read(lambda tx: store.get_address(tx, address_id, caller.uid), on=POSTGRES)


@api.patch("/addresses/<uuid:address_id>", roles=[Role.CUSTOMER])
def change_address(caller: Caller, address_id: UUID, body: ChangeAddress) -> AddressView:
    """Change what is given of an address."""
    return addresses.change_address(caller.uid, address_id, body)


@api.delete("/addresses/<uuid:address_id>", roles=[Role.CUSTOMER])
def delete_address(caller: Caller, address_id: UUID) -> None:
    """Delete an address; past orders keep their copy."""
    addresses.delete_address(caller.uid, address_id)


@api.post("/serviceability/check", roles=EVERYONE)
def check_serviceability(caller: Caller, body: CheckServiceability) -> ServiceabilityView:
    """Tell whether Plazza delivers to a place now, and on what terms."""
    return serviceability.check_serviceability(caller.uid, body)


@api.get("/areas/search", roles=PUBLIC, cache_sec=300)
def search_areas(query: AreaQuery) -> Areas:
    """Find served areas by pincode or name."""
    return Areas(items=read(lambda tx: store.search_areas(tx, query.q, MAX_FOUND), on=POSTGRES))


@api.get("/areas", roles=[Role.ADMIN, Role.SUPPORT])
def list_areas(query: AreaListQuery) -> Page[AreaView]:
    """List served areas for staff."""
    after = paging.decode(query.cursor, str, str)
    last = (after[0], after[1]) if after else None
    rows = read(lambda tx: store.list_areas(tx, pincode=query.pincode, after=last, limit=query.limit + 1), on=POSTGRES)
    return paging.page(rows, query.limit, lambda area: (area.pincode, area.area))


@api.post("/areas", roles=[Role.ADMIN], status=201)
def add_area(caller: Caller, body: PutArea) -> AreaView:
    """Add an area to those that are served."""
    return areas.add_area(caller.uid, body)


@api.get("/areas/<uuid:area_id>", roles=[Role.ADMIN, Role.SUPPORT])
def get_area(area_id: UUID) -> AreaView:
    """Give one area."""
    return read(lambda tx: store.get_area(tx, area_id), on=POSTGRES)


@api.put("/areas/<uuid:area_id>", roles=[Role.ADMIN])
def change_area(caller: Caller, area_id: UUID, body: ChangeArea) -> AreaView:
    """Change an area; without its polygon it is the whole pincode again, and `active: false` ends deliveries there."""
    return areas.change_area(caller.uid, area_id, body)


@api.delete("/areas/<uuid:area_id>", roles=[Role.ADMIN])
def end_area(caller: Caller, area_id: UUID) -> None:
    """End deliveries to an area; it stays readable with its history, and a change with `active: true` brings it back."""
    areas.end_area(caller.uid, area_id)


@api.get("/areas/<uuid:area_id>/history", roles=[Role.ADMIN, Role.SUPPORT])
def get_area_history(area_id: UUID, query: AreaHistoryQuery) -> Page[AreaChange]:
    """Give who changed an area to what, newest first."""
    after = paging.decode(query.cursor, int)
    before = after[0] if after else None
    rows = read(lambda tx: store.list_changes(tx, area_id, before=before, limit=query.limit + 1), on=POSTGRES)
    return paging.page(rows, query.limit, lambda change: (change.version,))
