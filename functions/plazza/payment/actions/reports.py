"""Razorpay's books against ours, hour by hour: what one of both lacks, and amounts that differ.

Each step repairs first and then, in one transaction, writes down what still differs and how far it has come. Whoever dies in
between repeats at most one page, and repairing twice is harmless.
"""

import time
from datetime import datetime, timedelta
from uuid import UUID

from plazza import clock, logs
from plazza.data.sql import Tx, read, run_transaction
from plazza.http import paging
from plazza.payment import rules
from plazza.payment.actions import refunds, settlement, takings
from plazza.payment.models import DifferenceView, ReconciliationsQuery, ReconciliationView
from plazza.payment.rules import Difference
from plazza.payment.store import attempts, reconciliations
from plazza.payment.store.reconciliations import Step, Window
from plazza.payment.store.refunds import KnownRefund, list_known, list_unchecked, set_checked
from plazza.providers import razorpay
from plazza.providers.errors import ProviderRefused
from plazza.providers.razorpay import RazorpayRefund
from plazza.schema import Page

HOUR = timedelta(hours=1)
SETTLES_IN = timedelta(minutes=15)
"""An hour is compared when what was authorised in it is captured or has gone back (Razorpay: 12 minutes)."""
PAGE = 100
ONE_BY_ONE = 20


def report(stop_at: float) -> None:
    """Compare the hours that are over, as far as time allows. Raises ProviderDown; the next run goes on where this one stood."""
    while time.monotonic() < stop_at and (window := run_transaction(_current)):
        step = {"payments": _compare_payments, "refunds": _compare_refunds, "ours": _ask_for_ours}[window.stage]
        if not step(window):
            return  # another run is ahead


def _current(tx: Tx) -> Window | None:
    """Give the window to work on; None while the latest hour is not over."""
    latest, at = reconciliations.get_latest(tx), clock.now()
    if latest is not None and latest.stage != "done":
        return latest
    until = at.replace(minute=0, second=0, microsecond=0) if latest is None else latest.until + HOUR
    if until + SETTLES_IN > at:
        return None if latest else _begin(tx, until - HOUR)
    return _begin(tx, until)


def _begin(tx: Tx, until: datetime) -> Window | None:
    reconciliations.insert_window(tx, until - HOUR, until, clock.now())
    return reconciliations.get_latest(tx)


def _compare_payments(window: Window) -> bool:
    page = razorpay.list_payments(*_seconds(window), window.skip, PAGE)
    taken = takings.take_page(page)
    reports = [(asked, settlement.report_of(item)) for asked, item in taken.found]
    captured = [(asked, report) for asked, report in reports if report and report.status == "captured"]
    step = _next(window, len(page), "refunds")._replace(
        payments_seen=len(page),
        captured_paise=sum(report.amount_paise for _, report in captured if report.currency == "INR"),
        repaired=taken.repaired,
    )
    differences = [rules.compare_payment(asked, report) for asked, report in captured]
    return _keep(window, step, differences, payments=[item.id for item in page])


def _compare_refunds(window: Window) -> bool:
    page = razorpay.list_all_refunds(*_seconds(window), window.skip, PAGE)
    ids, ours = [item.id for item in page], [item.refund_id for item in page if item.refund_id]
    known = read(lambda tx: list_known(tx, ids, ours))
    paid_for = read(lambda tx: attempts.list_payment_ids(tx, [item.payment_id for item in page]))
    differences: list[Difference | None] = []
    repaired = 0
    for item in page:
        mine = next((one for one in known if one.razorpay_refund_id == item.id or one.id == item.refund_id), None)
        repaired += _repair(mine, item)
        if item.status != "failed":
            payment_id, ours_paise = paid_for.get(item.payment_id), mine.amount_paise if mine else None
            differences.append(rules.compare_refund(item.id, payment_id, ours_paise, item.amount))
    step = _next(window, len(page), "ours")._replace(
        refunds_seen=len(page),
        refunded_paise=sum(item.amount for item in page if item.status != "failed"),
        repaired=repaired,
    )
    return _keep(window, step, differences, refunds=[one.id for one in known])


def _repair(mine: KnownRefund | None, item: RazorpayRefund) -> int:
    if mine is None or mine.status == {"pending": "requested"}.get(item.status, item.status):
        return 0
    refunds.finish(mine.id, item)
    return 1


def _ask_for_ours(window: Window) -> bool:
    """Ask one by one about what we have and no page has shown."""
    captured = read(lambda tx: attempts.list_unchecked(tx, window.until, ONE_BY_ONE))
    processed = read(lambda tx: list_unchecked(tx, window.until, ONE_BY_ONE))
    differences = [
        Difference("payment", one.razorpay_payment_id, "ours_only", one.payment_id, one.amount_paise, None)
        for one in captured
        if not _has_payment(one.razorpay_payment_id)
    ]
    for one in processed:
        made = _find_refund(one)
        if made is None:
            ident = one.razorpay_refund_id or str(one.id)
            differences.append(Difference("refund", ident, "ours_only", one.payment_id, one.amount_paise, None))
        else:
            _repair(one, made)
    count = len(captured) + len(processed)
    step = Step("ours", window.skip + count) if count else Step("done", 0)
    ids, refund_ids = [one.razorpay_payment_id for one in captured], [one.id for one in processed]
    return _keep(window, step, [*differences], payments=ids, refunds=refund_ids)


def _has_payment(razorpay_payment_id: str) -> bool:
    try:
        return razorpay.fetch_payment(razorpay_payment_id).status in {"captured", "refunded"}
    except ProviderRefused:
        return False


def _find_refund(mine: KnownRefund) -> RazorpayRefund | None:
    try:
        listed = razorpay.list_refunds(mine.razorpay_payment_id)
    except ProviderRefused:
        return None
    return next((item for item in listed if item.id == mine.razorpay_refund_id or item.refund_id == mine.id), None)


def _seconds(window: Window) -> tuple[int, int]:
    """Give a window's first and last second: Razorpay counts both ends in."""
    return int(window.since.timestamp()), int(window.until.timestamp()) - 1


def _next(window: Window, seen: int, stage: str) -> Step:
    return Step(window.stage, window.skip + PAGE) if seen == PAGE else Step(stage, 0)


def _keep(
    window: Window,
    step: Step,
    differences: list[Difference | None],
    *,
    payments: list[str] | None = None,
    refunds: list[UUID] | None = None,
) -> bool:
    def work(tx: Tx) -> bool:
        at = clock.now()
        if not reconciliations.add_step(tx, window, step, at):
            return False
        reconciliations.insert_differences(tx, window.id, [one for one in differences if one])
        attempts.set_checked(tx, payments or [], at)
        set_checked(tx, refunds or [], at)
        return True

    is_kept = run_transaction(work)
    if is_kept and step.stage == "done":
        done = read(lambda tx: reconciliations.get_window(tx, window.id))
        severity = "ERROR" if done.differences else "INFO"
        logs.write(
            severity, "compared an hour with Razorpay", since=done.since.isoformat(), differences=done.differences
        )
    return is_kept


def list_reports(query: ReconciliationsQuery) -> Page[ReconciliationView]:
    """Give the comparisons, latest first."""
    after = paging.decode(query.cursor, datetime.fromisoformat)
    rows = read(lambda tx: reconciliations.list_windows(tx, after[0] if after else None, query.limit + 1))
    return paging.page(rows, query.limit, lambda row: (row.since.isoformat(),))


def list_differences(window_id: UUID, query: ReconciliationsQuery) -> Page[DifferenceView]:
    """Give what differs in one comparison. Raises NotFound."""
    after = paging.decode(query.cursor, str, str)
    last = (after[0], after[1]) if after else None

    def work(tx: Tx) -> list[DifferenceView]:
        window = reconciliations.get_window(tx, window_id)
        return reconciliations.list_differences(tx, window.id, last, query.limit + 1)

    return paging.page(read(work), query.limit, lambda row: (row.subject, row.razorpay_id))
