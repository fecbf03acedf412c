"""SQL of deliveries and their proofs."""

from datetime import datetime
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from plazza.data.sql import Tx
from plazza.delivery.models import DeliveriesQuery, DeliveryView, ProofKind, Status
from plazza.delivery.rules import MAX_TRIES, OPEN, Issued
from plazza.errors import NotFound
from plazza.identity import STORE_ROLES, Caller, Role

PROOFS_SHOWN = 30


class Row(NamedTuple):
    """A delivery as the database gives it."""

    id: UUID
    order_id: UUID
    store_id: UUID
    customer_uid: str
    rider_uid: str | None
    status: str
    attempt_no: int
    code_issue: int
    code_hash: str | None
    code_expires_at: datetime | None
    code_tries: int
    failed_reason: str | None
    proof_kind: ProofKind | None
    flagged: bool
    version: int
    assigned_at: datetime | None
    picked_up_at: datetime | None
    arrived_at: datetime | None
    delivered_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def state(self) -> Status:
        """The status as one of ours."""
        return Status(self.status)

    @property
    def issued(self) -> Issued:
        """What is held of the code."""
        return Issued(self.code_hash, self.code_expires_at, self.code_tries)


class Proof(NamedTuple):
    """A proof as it was judged."""

    id: UUID
    client_id: str
    kind: ProofKind
    outcome: str
    refusal: str | None
    file_path: str | None
    latitude: float | None
    longitude: float | None
    distance_m: int | None
    rider_uid: str
    created_at: datetime


_SELECT: LiteralString = """
    SELECT id, order_id, store_id, customer_uid, rider_uid, status, attempt_no, code_issue, code_hash, code_expires_at, code_tries,
           failed_reason, proof_kind, flagged, version, assigned_at, picked_up_at, arrived_at, delivered_at, created_at, updated_at
      FROM deliveries"""
_SEEN: LiteralString = """
     WHERE (%(all)s OR customer_uid = %(customer)s::TEXT OR rider_uid = %(rider)s::TEXT OR store_id = %(store)s::UUID)"""


def _eyes(seen_by: Caller) -> dict[str, Any]:
    return {
        "all": seen_by.role in {Role.SUPPORT, Role.ADMIN},
        "customer": seen_by.uid if seen_by.role is Role.CUSTOMER else None,
        "rider": seen_by.uid if seen_by.role is Role.RIDER else None,
        "store": seen_by.store_id if seen_by.role in STORE_ROLES else None,
    }


def insert_delivery(tx: Tx, delivery_id: UUID, order_id: UUID, store_id: UUID, customer_uid: str, at: datetime) -> bool:
    """Insert an order's delivery; False when it has one."""
    query = """
        INSERT INTO deliveries (id, order_id, store_id, customer_uid, status, created_at, updated_at)
        VALUES (%s, %s, %s, %s, 'unassigned', %s, %s) ON CONFLICT (order_id) DO NOTHING"""
    return tx.execute(query, (delivery_id, order_id, store_id, customer_uid, at, at)) == 1


def find_delivery(tx: Tx, order_id: UUID) -> Row | None:
    """Give an order's delivery, or None: whoever asks."""
    return tx.row(Row, _SELECT + " WHERE order_id = %s", (order_id,))


def get_delivery(tx: Tx, order_id: UUID, *, seen_by: Caller) -> Row:
    """Give a delivery to its customer, its rider, its store, support. Raises NotFound."""
    return _found(tx.row(Row, _SELECT + _SEEN + " AND order_id = %(order)s", _eyes(seen_by) | {"order": order_id}))


def lock_delivery(tx: Tx, order_id: UUID, *, seen_by: Caller) -> Row:
    """Give a delivery as `get_delivery` does and hold it until the transaction ends. Raises NotFound."""
    query = _SELECT + _SEEN + " AND order_id = %(order)s FOR UPDATE"
    return _found(tx.row(Row, query, _eyes(seen_by) | {"order": order_id}))


def list_deliveries(
    tx: Tx, query: DeliveriesQuery, after: tuple[datetime, UUID] | None, *, seen_by: Caller
) -> list[Row]:
    """Give one page of deliveries and one row more, latest first."""
    page = """
        AND (%(status)s::TEXT IS NULL OR status = %(status)s) AND (%(flagged)s::BOOL IS NULL OR flagged = %(flagged)s)
        AND (%(at)s::TIMESTAMPTZ IS NULL OR created_at < %(at)s OR (created_at = %(at)s AND id > %(id)s))
      ORDER BY created_at DESC, id LIMIT %(limit)s"""
    at, last = after or (None, None)
    values = {"status": query.status, "flagged": query.flagged, "at": at, "id": last, "limit": query.limit + 1}
    return tx.rows(Row, _SELECT + _SEEN + page, _eyes(seen_by) | values)


def list_jobs(tx: Tx, rider_uid: str) -> list[Row]:
    """Give a rider's open deliveries, the oldest first."""
    query = _SELECT + " WHERE rider_uid = %s AND status = ANY(%s) ORDER BY created_at, id LIMIT 100"
    return tx.rows(Row, query, (rider_uid, sorted(OPEN)))


def set_rider(tx: Tx, delivery_id: UUID, rider_uid: str, at: datetime) -> None:
    """Give a delivery to a rider."""
    query = """
        UPDATE deliveries SET rider_uid = %(rider)s, status = 'assigned', assigned_at = %(at)s, version = version + 1,
               updated_at = %(at)s WHERE id = %(id)s"""
    tx.send(query, {"rider": rider_uid, "at": at, "id": delivery_id})


def set_picked_up(tx: Tx, delivery_id: UUID, at: datetime) -> None:
    """Note that the rider has the parcel."""
    query = """
        UPDATE deliveries SET status = 'picked_up', picked_up_at = %(at)s, arrived_at = NULL, failed_reason = NULL,
               version = version + 1, updated_at = %(at)s WHERE id = %(id)s"""
    tx.send(query, {"at": at, "id": delivery_id})


def set_arrived(tx: Tx, delivery_id: UUID, at: datetime) -> None:
    """Note that the rider is at the door."""
    query = """
        UPDATE deliveries SET status = 'arrived', arrived_at = %(at)s, version = version + 1, updated_at = %(at)s
         WHERE id = %(id)s"""
    tx.send(query, {"at": at, "id": delivery_id})


def set_delivered(tx: Tx, delivery_id: UUID, kind: ProofKind, at: datetime, *, flagged: bool) -> None:
    """Note that the parcel was handed over; its code is good for nothing any more."""
    query = """
        UPDATE deliveries SET status = 'delivered', delivered_at = %(at)s, proof_kind = %(kind)s, flagged = %(flagged)s,
               code_hash = NULL, version = version + 1, updated_at = %(at)s WHERE id = %(id)s"""
    tx.send(query, {"at": at, "kind": kind, "flagged": flagged, "id": delivery_id})


def set_failed(tx: Tx, delivery_id: UUID, reason: str, at: datetime) -> None:
    """Note that the parcel goes back; its code is good for nothing any more."""
    query = """
        UPDATE deliveries SET status = 'failed', failed_reason = %(reason)s, code_hash = NULL, version = version + 1,
               updated_at = %(at)s WHERE id = %(id)s"""
    tx.send(query, {"at": at, "reason": reason, "id": delivery_id})


def set_next_attempt(tx: Tx, delivery_id: UUID, at: datetime) -> None:
    """Let the same rider try again; staff may give it to another."""
    query = """
        UPDATE deliveries SET status = 'assigned', attempt_no = attempt_no + 1, assigned_at = %(at)s, version = version + 1,
               updated_at = %(at)s WHERE id = %(id)s"""
    tx.send(query, {"at": at, "id": delivery_id})


def set_cancelled(tx: Tx, delivery_id: UUID, at: datetime) -> None:
    """Note that nothing is to be brought."""
    query = "UPDATE deliveries SET status = 'cancelled', version = version + 1, updated_at = %s WHERE id = %s"
    tx.send(query, (at, delivery_id))


def set_code(tx: Tx, delivery_id: UUID, issue: int, code_hash: str, expires_at: datetime, at: datetime) -> None:
    """Keep a newly issued code's hash; its tries start anew."""
    query = """
        UPDATE deliveries SET code_issue = %s, code_hash = %s, code_expires_at = %s, code_tries = 0, version = version + 1,
               updated_at = %s WHERE id = %s"""
    tx.send(query, (issue, code_hash, expires_at, at, delivery_id))


def count_try(tx: Tx, delivery_id: UUID, at: datetime) -> None:
    """Spend one try of the code."""
    query = """
        UPDATE deliveries SET code_tries = code_tries + 1, version = version + 1, updated_at = %s WHERE id = %s"""
    tx.send(query, (at, delivery_id))


def insert_proof(tx: Tx, delivery_id: UUID, proof: Proof) -> None:
    """Keep a judged proof."""
    query = """
        INSERT INTO delivery_proofs (id, delivery_id, client_id, kind, outcome, refusal, file_path, latitude, longitude,
                                     distance_m, rider_uid, created_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
    values = (proof.id, delivery_id, proof.client_id, proof.kind, proof.outcome, proof.refusal, proof.file_path)
    tx.send(query, (*values, proof.latitude, proof.longitude, proof.distance_m, proof.rider_uid, proof.created_at))


def find_proof(tx: Tx, delivery_id: UUID, client_id: str) -> Proof | None:
    """Give the proof with the app's own id, or None."""
    query = """
        SELECT id, client_id, kind, outcome, refusal, file_path, latitude, longitude, distance_m, rider_uid, created_at
          FROM delivery_proofs WHERE delivery_id = %s AND client_id = %s"""
    return tx.row(Proof, query, (delivery_id, client_id))


def list_proofs(tx: Tx, delivery_id: UUID) -> list[Proof]:
    """Give a delivery's latest proofs."""
    query = """
        SELECT id, client_id, kind, outcome, refusal, file_path, latitude, longitude, distance_m, rider_uid, created_at
          FROM delivery_proofs WHERE delivery_id = %s ORDER BY created_at DESC, id LIMIT %s"""
    return tx.rows(Proof, query, (delivery_id, PROOFS_SHOWN))


def view(row: Row) -> DeliveryView:
    """Give a delivery as its answer."""
    return DeliveryView(
        order_id=row.order_id,
        store_id=row.store_id,
        rider_uid=row.rider_uid,
        status=row.state,
        attempt_no=row.attempt_no,
        code_expires_at=row.code_expires_at if row.code_hash else None,
        code_tries_left=MAX_TRIES - row.code_tries if row.code_hash else 0,
        failed_reason=row.failed_reason,
        proof_kind=row.proof_kind,
        flagged=row.flagged,
        version=row.version,
        assigned_at=row.assigned_at,
        picked_up_at=row.picked_up_at,
        arrived_at=row.arrived_at,
        delivered_at=row.delivered_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _found(row: Row | None) -> Row:
    if row is None:
        raise NotFound("No such delivery.")
    return row
