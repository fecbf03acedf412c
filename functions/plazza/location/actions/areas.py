"""Staff's areas: what is served, by which store, on what terms; every change is kept."""

from uuid import UUID, uuid4

from plazza import clock
from plazza.data.sql import POSTGRES, Tx, run_transaction
from plazza.location import rules, store
from plazza.location.models import AreaView, ChangeArea, PutArea


def add_area(by: str, body: PutArea) -> AreaView:
    """Add an area to those that are served. Raises Invalid for its polygon, Conflict for one that is there."""
    _check_polygon(body)

    def work(tx: Tx) -> AreaView:
        area_id = uuid4()
        store.insert_area(tx, area_id, body, by, clock.now())
        return _keep_change(tx, area_id, by)

    return run_transaction(work, on=POSTGRES)


def change_area(by: str, area_id: UUID, body: ChangeArea) -> AreaView:
    """Change an area, and keep what it became.

    Raises Invalid for its polygon, NotFound, Conflict when somebody else changed it meanwhile or its new name is taken.
    """
    _check_polygon(body)

    def work(tx: Tx) -> AreaView:
        store.get_area(tx, area_id)
        store.set_area(tx, area_id, body, body.version, by, clock.now())
        return _keep_change(tx, area_id, by)

    return run_transaction(work, on=POSTGRES)


def end_area(by: str, area_id: UUID) -> None:
    """End deliveries to an area, and keep that they ended. Raises NotFound; one that has ended stays as it is."""

    def work(tx: Tx) -> None:
        store.get_area(tx, area_id)
        if store.end_area(tx, area_id, by, clock.now()):
            _keep_change(tx, area_id, by)

    run_transaction(work, on=POSTGRES)


def _check_polygon(body: PutArea) -> None:
    if body.polygon is not None:
        rules.check_polygon(body.polygon, (body.latitude, body.longitude))


def _keep_change(tx: Tx, area_id: UUID, by: str) -> AreaView:
    area = store.get_area(tx, area_id)
    store.insert_change(tx, area_id, area.version, area.model_dump(mode="json"), by, clock.now())
    return area
