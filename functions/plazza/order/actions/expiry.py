"""Orders whose time is over."""

import time
from uuid import UUID

from plazza import clock, settings
from plazza.data.sql import Tx, read, run_transaction
from plazza.order.actions import moving
from plazza.order.models.orders import Status
from plazza.order.rules.states import SYSTEM
from plazza.order.store import orders

BUDGET_SEC = 300


def expire_pending() -> int:
    """Cancel the pending orders whose time is over, each in its own transaction; gives how many."""
    stop_at, cancelled = time.monotonic() + BUDGET_SEC, 0
    limit = settings.number("BATCH_SIZE")
    while time.monotonic() < stop_at:
        at = clock.now()
        due = read(lambda tx, at=at: orders.list_expired(tx, at, limit))
        cancelled += sum(run_transaction(lambda tx, order_id=order_id: _expire(tx, order_id)) for order_id in due)
        if len(due) < limit:
            break
    return cancelled


def _expire(tx: Tx, order_id: UUID) -> bool:
    order = orders.lock_order(tx, order_id)
    if order.status != Status.PENDING or order.expires_at is None or order.expires_at > clock.now():
        return False  # paid or cancelled meanwhile
    waited = order.prescription_status == "awaited"
    reason = "The prescription was not reviewed in time" if waited else "The payment did not come in time"
    moving.cancel(tx, order, SYSTEM, reason)
    return True
