"""What a till does beside selling: it brings in what it sold offline, and closes its day."""

from datetime import date, timedelta

from pydantic import JsonValue, ValidationError

from plazza import clock
from plazza.data.once import Once
from plazza.data.sql import Tx, read, run_transaction
from plazza.errors import Conflict, Invalid, PlazzaError, Unavailable
from plazza.http import paging
from plazza.identity import Caller
from plazza.order.actions import counter
from plazza.order.models.inventory import RecordSale
from plazza.order.models.tills import (
    ByMethod,
    CloseDay,
    ClosesQuery,
    DayClose,
    Difference,
    RecordSales,
    SaleVerdict,
    SaleVerdicts,
)
from plazza.order.rules import states
from plazza.order.store import closes, sales
from plazza.order.store.closes import Close
from plazza.schema import Page


def record_sales(caller: Caller, body: RecordSales) -> SaleVerdicts:
    """Record sales one after the other, each in a transaction of its own, and say of each what became of it.

    Raises Unavailable when the database goes; sent again, what was recorded is told as repeated.
    """
    return SaleVerdicts(items=[_record(caller, sale) for sale in body.sales])


def close_day(caller: Caller, once: Once, body: CloseDay) -> DayClose:
    """Hold what was counted against what was sold since the last close.

    Raises Conflict for a day that is closed or has not come, and for a difference without a reason.
    """
    store_id = states.store_of(caller, None)
    day = body.day or clock.today()
    if day > clock.today():
        raise Conflict("That day has not come yet.", reason="NOT_YET")

    def work(tx: Tx) -> DayClose:
        last = closes.get_last_day(tx, store_id)
        if last is not None and day <= last:
            raise Conflict("This day is closed.", reason="DAY_CLOSED", closed_until=last.isoformat())
        # With the close's own insert this read makes a sale that comes in meanwhile conflict: it is in this close or books later.
        sold = sales.sum_sales(tx, store_id, last + timedelta(days=1) if last else date.min, day)
        expected = ByMethod(cash=sold.cash_paise, card=sold.card_paise, upi=sold.upi_paise)
        if expected != body.counted_paise and body.reason is None:
            difference = _difference(expected, body.counted_paise).model_dump()
            raise Conflict("What was counted differs; say why.", reason="REASON_NEEDED", difference_paise=difference)
        close = Close(
            store_id=store_id,
            day=day,
            sales_count=sold.sales_count,
            expected_cash_paise=expected.cash,
            expected_card_paise=expected.card,
            expected_upi_paise=expected.upi,
            counted_cash_paise=body.counted_paise.cash,
            counted_card_paise=body.counted_paise.card,
            counted_upi_paise=body.counted_paise.upi,
            reason=body.reason,
            closed_by=caller.uid,
            closed_at=clock.now(),
        )
        if not closes.insert_close(tx, close):
            raise Conflict("This day is closed.", reason="DAY_CLOSED", closed_until=day.isoformat())
        return _view(close)

    return once.run(DayClose, work)


def list_closes(caller: Caller, query: ClosesQuery) -> Page[DayClose]:
    """Give a store's closed days, latest first."""
    store_id = states.store_of(caller, query.store_id)
    after = paging.decode(query.cursor, date.fromisoformat)
    rows = read(lambda tx: closes.list_closes(tx, store_id, after=after[0] if after else None, limit=query.limit + 1))
    return paging.page([_view(row) for row in rows], query.limit, lambda close: (close.day.isoformat(),))


def _record(caller: Caller, given: RecordSale | dict[str, JsonValue]) -> SaleVerdict:
    told = given.client_sale_id if isinstance(given, RecordSale) else str(given.get("client_sale_id", ""))[:64]
    try:
        sale = given if isinstance(given, RecordSale) else _read(given)
        view, is_new = run_transaction(lambda tx: counter.sell(tx, caller, sale))
    except Unavailable:
        raise
    except PlazzaError as exc:
        return SaleVerdict(
            client_sale_id=told or None, verdict="refused", code=exc.code, message=exc.message, details=exc.details
        )
    return SaleVerdict(client_sale_id=told, verdict="recorded" if is_new else "repeated", sale=view)


def _read(given: dict[str, JsonValue]) -> RecordSale:
    try:
        return RecordSale.model_validate(given)
    except ValidationError as exc:
        errors = exc.errors(include_input=False, include_url=False, include_context=False)[:20]
        fields = [
            {"field": ".".join(str(part) for part in error["loc"]) or "sale", "problem": error["msg"]}
            for error in errors
        ]
        raise Invalid("The sale is not of the documented form.", fields=fields) from exc


def _difference(expected: ByMethod, counted: ByMethod) -> Difference:
    return Difference(
        cash=counted.cash - expected.cash, card=counted.card - expected.card, upi=counted.upi - expected.upi
    )


def _view(close: Close) -> DayClose:
    expected = ByMethod(cash=close.expected_cash_paise, card=close.expected_card_paise, upi=close.expected_upi_paise)
    counted = ByMethod(cash=close.counted_cash_paise, card=close.counted_card_paise, upi=close.counted_upi_paise)
    return DayClose(
        store_id=close.store_id,
        day=close.day,
        sales_count=close.sales_count,
        expected_paise=expected,
        counted_paise=counted,
        difference_paise=_difference(expected, counted),
        reason=close.reason,
        closed_by=close.closed_by,
        closed_at=close.closed_at,
    )
