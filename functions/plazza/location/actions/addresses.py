"""A person's addresses, each found on the map."""

from typing import Any, NamedTuple
from uuid import UUID, uuid4

from plazza import clock
from plazza.data.sql import POSTGRES, Tx, read, run_transaction
from plazza.errors import Conflict
from plazza.location import rules, store
from plazza.location.actions import on_map
from plazza.location.models import AddAddress, AddressView, ChangeAddress, LocatedBy

_PLACE_FIELDS = {"line1", "area", "city", "state", "pincode"}
"""Fields that say where an address is; a floor or a landmark that is added moves no pin."""
_WHERE = _PLACE_FIELDS | {"latitude", "longitude"}


class _Spot(NamedTuple):
    latitude: float
    longitude: float
    located_by: LocatedBy
    pin_distance_m: int | None = None
    pin_is_far: bool = False


def add_address(uid: str, body: AddAddress) -> AddressView:
    """Add an address. Raises Conflict when the person has as many as anybody may."""
    spot = _locate(body.model_dump())
    address = AddressView.model_validate(body.model_dump() | spot._asdict() | {"id": uuid4()})

    def work(tx: Tx) -> AddressView:
        count = store.count_addresses(tx, uid)
        if count >= rules.MAX_ADDRESSES:
            raise Conflict(f"There are {rules.MAX_ADDRESSES} addresses already; delete one first.")
        kept = address.model_copy(update={"is_default": address.is_default or count == 0})
        if kept.is_default:
            store.clear_default(tx, uid)
        store.insert_address(tx, uid, kept, clock.now())
        return kept

    return run_transaction(work, on=POSTGRES)


def change_address(uid: str, address_id: UUID, body: ChangeAddress) -> AddressView:
    """Change what is given of an address. Raises NotFound, Conflict when it moved while the new text was looked up."""
    given = body.model_dump(exclude_unset=True)
    seen = read(lambda tx: store.get_address(tx, address_id, uid), on=POSTGRES)
    spot: dict[str, Any] = {}
    if given.keys() & _PLACE_FIELDS or "latitude" in given:
        pin = {name: given.get(name) for name in ("latitude", "longitude")}
        spot = _locate(seen.model_dump() | given | pin)._asdict()

    def work(tx: Tx) -> AddressView:
        old = store.get_address(tx, address_id, uid)
        if spot and old.model_dump(include=_WHERE) != seen.model_dump(include=_WHERE):
            raise Conflict("The address was changed meanwhile; read it again.")
        new = AddressView.model_validate(old.model_dump() | given | spot)
        if new.is_default and not old.is_default:
            store.clear_default(tx, uid)
        store.set_address(tx, uid, new, clock.now())
        return new

    return run_transaction(work, on=POSTGRES)


def delete_address(uid: str, address_id: UUID) -> None:
    """Delete an address. Raises NotFound."""
    run_transaction(lambda tx: store.delete_address(tx, address_id, uid, clock.now()), on=POSTGRES)


def _locate(address: dict[str, Any]) -> _Spot:
    """Find an address: its pin counts most, then what Maps finds for the text, then the middle of its pincode."""
    found = on_map.point_of(address)
    if address["latitude"] is not None:
        pin = (float(address["latitude"]), float(address["longitude"]))
        if found is None:
            return _Spot(*pin, "pin")
        apart = rules.distance_m(pin, (found.latitude, found.longitude))
        return _Spot(*pin, "pin", apart, rules.is_pin_far(apart, is_exact=found.is_exact))
    if found is not None:
        return _Spot(found.latitude, found.longitude, "geocoded")
    areas = read(lambda tx: store.list_areas_of_pincode(tx, address["pincode"]), on=POSTGRES)
    middle = rules.area_of_pincode(areas, clock.now())
    if middle is None:
        raise Conflict("This address cannot be found; set the pin on the map.", reason="PIN_NEEDED")
    return _Spot(middle.latitude, middle.longitude, "pincode")
