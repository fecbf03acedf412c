"""The customer's code: derived when it is needed, stored only as a keyed hash."""

from datetime import datetime
from uuid import UUID

from plazza import clock, settings
from plazza.data import outbox
from plazza.data.sql import Tx, read, run_transaction
from plazza.delivery import rules, store
from plazza.delivery.models import DeliveryView
from plazza.delivery.rules import Move
from plazza.delivery.store import Row
from plazza.identity import Caller


def current_code(order_id: UUID, issue: int | None = None) -> str | None:
    """Give the code that opens this delivery now, for the message that carries it; None when there is none or it has expired.

    With `issue`, also None when another one has been issued since.
    """
    delivery = read(lambda tx: store.find_delivery(tx, order_id))
    if delivery is None or not delivery.issued.is_good(clock.now()) or issue not in {None, delivery.code_issue}:
        return None
    return rules.make_code(settings.get("OTP_KEY"), delivery.id, delivery.code_issue)


def issue(tx: Tx, delivery: Row, at: datetime) -> None:
    """Give a delivery a new code with its full time and tries."""
    key, number = settings.get("OTP_KEY"), delivery.code_issue + 1
    code_hash = rules.hash_code(key, delivery.id, number, rules.make_code(key, delivery.id, number))
    store.set_code(tx, delivery.id, number, code_hash, at + rules.CODE_VALID, at)


def is_right(delivery: Row, given: str, at: datetime) -> bool:
    """Tell whether the given code is the delivery's. Raises Conflict when there is none to be tried."""
    given_hash = rules.hash_code(settings.get("OTP_KEY"), delivery.id, delivery.code_issue, given)
    return rules.check_code(delivery.issued, given_hash, at)


def reissue(order_id: UUID, by: Caller) -> DeliveryView:
    """Send the customer a new code; the old one is good for nothing any more. Raises NotFound, Conflict."""

    def work(tx: Tx) -> DeliveryView:
        at = clock.now()
        delivery = store.lock_delivery(tx, order_id, seen_by=by)
        rules.check_move(Move.REISSUE_CODE, delivery.state)
        issue(tx, delivery, at)
        outbox.announce(tx, "delivery.code_issued", order_id)
        outbox.announce(tx, "delivery.changed", order_id)
        return store.view(store.get_delivery(tx, order_id, seen_by=by))

    return run_transaction(work)
