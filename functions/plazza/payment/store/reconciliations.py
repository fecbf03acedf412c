"""SQL of the comparisons of Razorpay's books with ours."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from plazza.data.sql import Tx
from plazza.errors import NotFound
from plazza.payment.models import DifferenceView, ReconciliationView
from plazza.payment.rules import Difference

_VIEWS = """
        SELECT c.id, c.since, c.until, c.finished_at, c.payments_seen, c.captured_paise, c.refunds_seen, c.refunded_paise, c.repaired,
               (SELECT count(*) FROM reconciliation_differences AS d WHERE d.reconciliation_id = c.id)::INT8 AS differences
          FROM reconciliations AS c"""


class Window(NamedTuple):
    """How far the comparison of a window has come."""

    id: UUID
    since: datetime
    until: datetime
    stage: str
    skip: int


class Step(NamedTuple):
    """One step of a comparison: where it stands afterwards, and what was seen in it."""

    stage: str
    skip: int
    payments_seen: int = 0
    captured_paise: int = 0
    refunds_seen: int = 0
    refunded_paise: int = 0
    repaired: int = 0


def get_latest(tx: Tx) -> Window | None:
    """Give the latest window."""
    return tx.row(Window, "SELECT id, since, until, stage, skip FROM reconciliations ORDER BY since DESC LIMIT 1")


def insert_window(tx: Tx, since: datetime, until: datetime, at: datetime) -> None:
    """Begin a window, unless somebody has."""
    query = """
        INSERT INTO reconciliations (id, since, until, started_at) VALUES (%s, %s, %s, %s) ON CONFLICT (since) DO NOTHING"""
    tx.execute(query, (uuid4(), since, until, at))


def add_step(tx: Tx, window: Window, step: Step, at: datetime) -> bool:
    """Add a step to a window; False when another run has taken it already."""
    query = """
        UPDATE reconciliations
           SET stage = %(stage)s, skip = %(skip)s, payments_seen = payments_seen + %(payments_seen)s,
               captured_paise = captured_paise + %(captured_paise)s, refunds_seen = refunds_seen + %(refunds_seen)s,
               refunded_paise = refunded_paise + %(refunded_paise)s, repaired = repaired + %(repaired)s,
               finished_at = CASE WHEN %(stage)s = 'done' THEN %(at)s::TIMESTAMPTZ END
         WHERE id = %(id)s AND stage = %(was)s AND skip = %(skipped)s"""
    params = step._asdict() | {"id": window.id, "was": window.stage, "skipped": window.skip, "at": at}
    return tx.execute(query, params) == 1


def insert_differences(tx: Tx, window_id: UUID, differences: list[Difference]) -> None:
    """Keep what differs."""
    query = """
        INSERT INTO reconciliation_differences (reconciliation_id, subject, razorpay_id, kind, payment_id, ours_paise, theirs_paise)
        VALUES (%(window)s, %(subject)s, %(razorpay_id)s, %(kind)s, %(payment_id)s, %(ours_paise)s, %(theirs_paise)s)
        ON CONFLICT (reconciliation_id, subject, razorpay_id) DO NOTHING"""
    for difference in differences:
        tx.execute(query, difference._asdict() | {"window": window_id})


def list_windows(tx: Tx, before: datetime | None, limit: int) -> list[ReconciliationView]:
    """Give the comparisons, latest first; `before` is the beginning of the last one seen."""
    query = (
        _VIEWS
        + """
         WHERE %(before)s::TIMESTAMPTZ IS NULL OR c.since < %(before)s ORDER BY c.since DESC LIMIT %(limit)s"""
    )
    return tx.rows(ReconciliationView, query, {"before": before, "limit": limit})


def get_window(tx: Tx, window_id: UUID) -> ReconciliationView:
    """Give a comparison. Raises NotFound."""
    found = tx.row(ReconciliationView, _VIEWS + " WHERE c.id = %s", (window_id,))
    if found is None:
        raise NotFound("No such reconciliation.")
    return found


def list_differences(tx: Tx, window_id: UUID, after: tuple[str, str] | None, limit: int) -> list[DifferenceView]:
    """Give what differs in a window; `after` is subject and Razorpay's id of the last one seen."""
    subject, ident = after or (None, None)
    query = """
        SELECT subject, razorpay_id, kind, payment_id, ours_paise, theirs_paise FROM reconciliation_differences
         WHERE reconciliation_id = %(window)s
           AND (%(subject)s::TEXT IS NULL OR (subject, razorpay_id) > (%(subject)s::TEXT, %(id)s::TEXT))
         ORDER BY subject, razorpay_id LIMIT %(limit)s"""
    return tx.rows(DifferenceView, query, {"window": window_id, "subject": subject, "id": ident, "limit": limit})
