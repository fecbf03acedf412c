"""Proofs: judged in one transaction with everything that follows from them.

A wrong code must cost a try, so its refusal is committed like any outcome and only then raised.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from plazza import clock, settings
from plazza.data import files, outbox, rtdb
from plazza.data.once import Once
from plazza.data.sql import Tx, run_transaction
from plazza.delivery import rules, store
from plazza.delivery.actions import code, jobs
from plazza.delivery.models import ProofKind, ProofView, Status, SubmitProof, VerifyCode
from plazza.delivery.rules import Move, Place
from plazza.delivery.store import Proof, Row
from plazza.errors import Conflict, NotFound, TooLarge, Unavailable
from plazza.identity import Caller
from plazza.order.actions import handover
from plazza.order.store import orders
from plazza.payment.actions import cash

MAX_FILE_BYTES = 5 * 1024 * 1024


class Claim(NamedTuple):
    """What a rider hands in. `client_id` is None for a code typed in right now, `at` is when it was taken."""

    client_id: str | None
    kind: ProofKind
    otp: str | None
    file: str | None
    place: Place | None
    at: datetime | None


def submit(once: Once, rider: Caller, body: SubmitProof) -> ProofView:
    """Judge a proof; an accepted one delivers the order and takes its cash.

    Raises NotFound, and Conflict when it is refused (reason, tries_left), when its file is none of the rider's, or when the
    delivery is not on its way.
    """
    stored = once.answer(ProofView)
    if stored is None:
        place = Place(body.latitude, body.longitude)
        claim = Claim(body.client_id, body.kind, body.otp, body.file, place, None)
        _check_file(body.order_id, rider, claim)
        stored = once.run(ProofView, lambda tx: _judge(tx, body.order_id, rider, claim))
    return _accepted(stored)


def verify(order_id: UUID, rider: Caller, body: VerifyCode) -> ProofView:
    """Judge the code that a customer told the rider. The same code typed twice is one proof, and one try.

    Raises NotFound, Conflict (reason WRONG_CODE with tries_left, LOCKED, EXPIRED, NO_CODE).
    """
    known = body.latitude is not None and body.longitude is not None
    place = Place(body.latitude or 0.0, body.longitude or 0.0) if known else _last_place(order_id)
    claim = Claim(None, "otp", body.otp, None, place, None)
    return _accepted(run_transaction(lambda tx: _judge(tx, order_id, rider, claim)))


def receive(order_id: UUID, rider: Caller, claim: Claim) -> ProofView:
    """Judge a proof that came through the live database, and give its outcome also when it is refused."""
    _check_file(order_id, rider, claim)
    return run_transaction(lambda tx: _judge(tx, order_id, rider, claim))


def _judge(tx: Tx, order_id: UUID, rider: Caller, claim: Claim) -> ProofView:
    at = clock.now()
    delivery = store.lock_delivery(tx, order_id, seen_by=rider)
    client_id = claim.client_id or _code_id(delivery, claim.otp or "")
    known = store.find_proof(tx, delivery.id, client_id)
    if known is not None:
        if known.kind != claim.kind:
            raise Conflict("This client_id was used for another proof.", reason="OTHER_PROOF")
        return _view(delivery, known)
    rules.check_move(Move.PROVE, delivery.state)
    judged_at = at if claim.at is None else _within_code(delivery, claim.at, at)
    is_good = claim.kind != "otp" or code.is_right(delivery, claim.otp or "", judged_at)
    order = orders.lock_order(tx, order_id)
    metres = rules.distance_m(claim.place, Place(order.latitude, order.longitude)) if claim.place else None
    latitude, longitude = claim.place or (None, None)
    outcome, refusal = ("accepted", None) if is_good else ("refused", "WRONG_CODE")
    proof = Proof(
        uuid4(), client_id, claim.kind, outcome, refusal, claim.file, latitude, longitude, metres, rider.uid, at
    )
    store.insert_proof(tx, delivery.id, proof)
    if is_good:
        _deliver(tx, delivery, proof, rider, at, is_late=judged_at < at and not delivery.issued.is_good(at))
    else:
        store.count_try(tx, delivery.id, at)
    outbox.announce(tx, "delivery.changed", order_id)
    return _view(store.get_delivery(tx, order_id, seen_by=rider), proof)


def _deliver(tx: Tx, delivery: Row, proof: Proof, rider: Caller, at: datetime, *, is_late: bool) -> None:
    flagged = rules.is_far(proof.distance_m) or is_late
    store.set_delivered(tx, delivery.id, proof.kind, at, flagged=flagged)
    handover.set_delivery_status(tx, delivery.order_id, "delivered")
    handover.deliver(tx, delivery.order_id, jobs.actor(rider))
    cash.collect(tx, delivery.order_id, delivery.customer_uid, by=rider.uid)


def _within_code(delivery: Row, taken_at: datetime, at: datetime) -> datetime:
    """Give the instant to judge an offline proof by: when it was taken, but neither before its code nor in the future.

    A phone's word for the time cannot make a wrong code right; what it makes of an expired one is flagged for staff.
    """
    issued_at = (delivery.code_expires_at or at) - rules.CODE_VALID
    return min(at, max(taken_at, issued_at, at - timedelta(days=1)))


def _code_id(delivery: Row, otp: str) -> str:
    text = f"typed\n{delivery.id}\n{delivery.code_issue}\n{otp}"
    return "typed-" + hmac.new(settings.get("OTP_KEY").encode(), text.encode(), hashlib.sha256).hexdigest()[:40]


def _view(delivery: Row, proof: Proof) -> ProofView:
    return ProofView(
        order_id=delivery.order_id,
        client_id=proof.client_id,
        kind=proof.kind,
        outcome="accepted" if proof.outcome == "accepted" else "refused",
        refusal="WRONG_CODE" if proof.refusal else None,
        tries_left=rules.MAX_TRIES - delivery.code_tries,
        distance_m=proof.distance_m,
        flagged=delivery.flagged,
        status=Status(delivery.status),
    )


def _accepted(view: ProofView) -> ProofView:
    if view.outcome == "refused":
        raise Conflict("This is not the customer's code.", reason=view.refusal, tries_left=view.tries_left)
    return view


def _check_file(order_id: UUID, rider: Caller, claim: Claim) -> None:
    """Raise Conflict unless a photo or signature is the picture that its name says, put there by this rider."""
    if claim.file is None:
        return
    ending = rules.proof_file_ending(claim.file, order_id, rider.uid)
    if ending is None:
        raise Conflict("The file is not one of your proofs of this order.", reason="NOT_YOUR_FILE")
    try:
        content = files.read_bytes(claim.file, MAX_FILE_BYTES)
    except (NotFound, TooLarge) as exc:
        raise Conflict("Upload the file first; at most 5 MiB.", reason="NO_FILE") from exc
    if not content.startswith(rules.FILE_ENDINGS[ending]):
        raise Conflict("The file is no picture of the kind that its name says.", reason="NO_PICTURE")


def _last_place(order_id: UUID) -> Place | None:
    """Give where the rider's app last said it was; None when it never did or nobody can say."""
    try:
        location = rtdb.get(f"deliveries/{order_id}/location")
    except Unavailable:
        return None
    if not isinstance(location, dict):
        return None
    latitude, longitude = location.get("latitude"), location.get("longitude")
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return None
    return Place(float(latitude), float(longitude))
