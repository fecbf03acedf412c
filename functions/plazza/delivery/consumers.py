"""What outbox rows and the live database make happen to deliveries; each is safe to run twice."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from plazza import logs
from plazza.data import rtdb
from plazza.data.sql import read
from plazza.delivery import rules, store
from plazza.delivery.actions import jobs, proofs
from plazza.delivery.actions.proofs import Claim
from plazza.delivery.models import SubmitProof
from plazza.delivery.rules import Place
from plazza.delivery.store import Row
from plazza.errors import Conflict, NotFound
from plazza.identity import Caller, Role

MAX_FIELDS = 8


def create_delivery(key: str) -> None:
    """Give a confirmed order its delivery."""
    jobs.create(UUID(key))


def cancel_delivery(key: str) -> None:
    """End the delivery of a cancelled order."""
    jobs.cancel(UUID(key))


def project_delivery(key: str) -> None:
    """Write a delivery's present state where customer, rider and staff watch it.

    The rider writes `location` into the same node, so only the server's own children are written, and the location goes only when
    the rider changes. Two dispatchers may meet here: whoever wrote something older than the truth writes again.
    """
    order_id = UUID(key)
    while True:
        delivery = read(lambda tx: store.find_delivery(tx, order_id))
        if delivery is None:
            return
        rtdb.update(_projection(delivery))
        now = read(lambda tx: store.find_delivery(tx, order_id))
        if now is None or now.version == delivery.version:
            return


def receive_proof(order_id: str, proof_id: str, value: Any) -> None:
    """Judge what a rider's app wrote into the live database; its outcome goes to `deliveries/{order}/proofs/{proof}`.

    The rules let only the assigned rider write there, so that rider is its author.
    """
    try:
        order = UUID(order_id)
        claim = _claim(order, proof_id, value)
    except (ValidationError, ValueError, TypeError, OverflowError):
        logs.write("WARNING", "proof is not of the documented form", order_id=order_id[:40], proof_id=proof_id[:64])
        return
    delivery = read(lambda tx: store.find_delivery(tx, order))
    if delivery is None or delivery.rider_uid is None:
        logs.write("WARNING", "proof of an unknown delivery", order_id=order_id)
        return
    try:
        proofs.receive(order, Caller(delivery.rider_uid, Role.RIDER), claim)
    except (Conflict, NotFound) as exc:
        # Not judged, so not kept: the app is told all the same.
        refusal = str(exc.details.get("reason", "NOT_NOW"))
        rtdb.update({f"deliveries/{order}/proofs/{proof_id}": {"outcome": "refused", "refusal": refusal}})
        return
    project_delivery(str(order))


def _claim(order_id: UUID, proof_id: str, value: Any) -> Claim:
    if not isinstance(value, dict) or len(value) > MAX_FIELDS:
        raise TypeError("a proof is an object")
    given = {name: item for name, item in value.items() if name != "at"}
    body = SubmitProof.model_validate(given | {"order_id": order_id, "client_id": proof_id})
    taken_at = datetime.fromtimestamp(float(value["at"]) / 1000, UTC) if "at" in value else None
    return Claim(proof_id, body.kind, body.otp, body.file, Place(body.latitude, body.longitude), taken_at)


def _projection(delivery: Row) -> dict[str, Any]:
    at = f"deliveries/{delivery.order_id}"
    before = rtdb.get(f"{at}/rider_uid")
    values: dict[str, Any] = {
        f"{at}/customer_uid": delivery.customer_uid,
        f"{at}/rider_uid": delivery.rider_uid,
        f"{at}/store_id": str(delivery.store_id),
        f"{at}/status": delivery.status,
        f"{at}/attempt_no": delivery.attempt_no,
        f"{at}/flagged": delivery.flagged,
        f"{at}/version": delivery.version,
        f"{at}/updated_at": delivery.updated_at.isoformat(),
    }
    for proof in read(lambda tx: store.list_proofs(tx, delivery.id)):
        outcome = {"kind": proof.kind, "outcome": proof.outcome, "refusal": proof.refusal}
        values[f"{at}/proofs/{proof.client_id}"] = outcome
    if isinstance(before, str) and before != delivery.rider_uid:
        values[f"{at}/location"] = None
        values[f"riders/{before}/jobs/{delivery.order_id}"] = None
    if delivery.rider_uid is not None:
        job = {"status": delivery.status, "attempt_no": delivery.attempt_no, "store_id": str(delivery.store_id)}
        values[f"riders/{delivery.rider_uid}/jobs/{delivery.order_id}"] = job if delivery.state in rules.OPEN else None
    return values
