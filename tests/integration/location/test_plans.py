"""How PostgreSQL finds an area among many: by its indexes, never by reading them all."""

from uuid import UUID, uuid4

import psycopg

from ops.bench.replaying import Said, recording
from plazza.data.sql import POSTGRES, read
from plazza.location import store
from tests.integration.location.conftest import Town
from tests.support import crowd
from tests.support.database import Database
from tests.support.plans import whole_reads


def test_no_question_about_a_place_reads_every_area(town: Town, pg: Database) -> None:
    address, said = UUID(town.make.address(town.uid)), list[Said]()
    with recording(said):
        read(lambda tx: store.get_served_address(tx, address, town.uid), on=POSTGRES)
        read(lambda tx: store.list_areas_at(tx, 9.0, 71.0, "700004", 0.05), on=POSTGRES)
        read(lambda tx: store.list_areas_at(tx, 9.0, 71.0, None, 0.05), on=POSTGRES)
        read(lambda tx: store.list_areas_of_pincode(tx, "700004"), on=POSTGRES)
        read(lambda tx: store.list_addresses(tx, "many-7"), on=POSTGRES)
    asked = [statement for one in said for statement in one.statements]

    with psycopg.connect(pg.url) as connection:  # what is inserted is never committed
        crowd.fill_postgres(connection, uuid4())
        read_whole = [whole_reads(connection, one) for one in asked]
        connection.rollback()

    assert read_whole == [set()] * 5
