"""Sales at the counter: from the same batches and under the same price law as orders."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from plazza import clock
from plazza.clock import INDIA
from plazza.data.once import Once
from plazza.data.sql import Tx, read
from plazza.errors import Conflict, Forbidden
from plazza.http import paging
from plazza.identity import Caller, Role
from plazza.money import split_gst
from plazza.order.actions import carts
from plazza.order.actions.carts import Cart
from plazza.order.models.inventory import DayQuery, DaySales, RecordSale, SaleLine, SaleView
from plazza.order.rules import allocation, pricing, states
from plazza.order.store import closes, sales, stock, stores
from plazza.order.store.sales import Sale, SoldItem
from plazza.order.store.stores import Store

MAX_AGE = timedelta(days=7)
MAX_AHEAD = timedelta(minutes=5)
"""A till that was offline brings its sales within a week; its clock may go a little fast."""
MAX_ROWS = 50
"""Rows of one sale: a line that takes from two batches is two."""


def record_sale(caller: Caller, once: Once, body: RecordSale) -> SaleView:
    """Sell over the counter, first expiring first. The till's own id sent again gives the sale that is there.

    Raises what `sell` raises.
    """
    return once.run(SaleView, lambda tx: sell(tx, caller, body)[0])


def sell(tx: Tx, caller: Caller, body: RecordSale) -> tuple[SaleView, bool]:
    """Record a sale, and tell whether it is new: the till's own id sent again gives the sale that is there.

    Raises Conflict for too little stock, for a prescription medicine without prescriber and pharmacist, for a clock that is wrong,
    and for a till's id that belongs to another sale.
    """
    store_id = states.store_of(caller, None)
    earlier = _find_earlier(tx, store_id, body)
    if earlier is not None:
        return earlier, False
    at = clock.now()
    sold_at = body.sold_at or at
    if not at - MAX_AGE <= sold_at <= at + MAX_AHEAD:
        raise Conflict("`sold_at` is more than a week ago or in the future; check the till's clock.", reason="CLOCK")
    sold_on = sold_at.astimezone(INDIA).date()
    cart = carts.read_cart(tx, body.items, store_id, sold_on)
    _check_products(cart)
    pricing.check_sum(sum(line.amount_paise for line in cart.lines))
    _check_prescription(caller, body, stores.get_store(tx, store_id), cart)
    sale_id = uuid4()
    items = _take(tx, caller, store_id, sale_id, cart, sold_on)
    sale = Sale(
        id=sale_id,
        store_id=store_id,
        client_sale_id=body.client_sale_id,
        cashier_uid=caller.uid,
        payment_method=body.payment_method,
        prescriber_registration=body.prescriber_registration,
        pharmacist_registration=body.pharmacist_registration,
        total_paise=sum(item.total_paise for item in items),
        tax_paise=sum(item.tax_paise for item in items),
        sold_at=sold_at,
        booked_on=allocation.booking_day(sold_on, closes.get_last_day(tx, store_id)),
    )
    if not sales.insert_sale(tx, sale, items, at):
        raise Conflict("The till's id was used a moment ago; send it again.", reason="SALE_EXISTS")
    return _view(sale, items), True


def list_day(caller: Caller, query: DayQuery) -> DaySales:
    """Give the sales of a store that count to a day, with the day's totals."""
    store_id = states.store_of(caller, query.store_id)
    day = query.day or clock.today()
    after = paging.decode(query.cursor, datetime.fromisoformat, UUID)
    totals = read(lambda tx: sales.sum_sales(tx, store_id, day, day))
    rows = read(lambda tx: sales.list_sales(tx, store_id, day, after=after, limit=query.limit + 1))
    sold = read(lambda tx: sales.list_sold(tx, [row.id for row in rows]))
    views = [_view(row, sold[row.id]) for row in rows]
    page = paging.page(views, query.limit, lambda sale: (sale.sold_at.isoformat(), str(sale.id)))
    return DaySales(items=page.items, next_cursor=page.next_cursor, day=day, **totals._asdict())


def _find_earlier(tx: Tx, store_id: UUID, body: RecordSale) -> SaleView | None:
    sale = sales.find_sale(tx, store_id, body.client_sale_id)
    if sale is None:
        return None
    items = sales.list_sold(tx, [sale.id])[sale.id]
    sold: dict[UUID, int] = {}
    for item in items:
        sold[item.product_id] = sold.get(item.product_id, 0) + item.quantity
    asked = {item.product_id: item.quantity for item in body.items}
    if sold != asked or sale.payment_method != body.payment_method:
        raise Conflict("The till's id belongs to another sale; use a new one.", reason="SALE_EXISTS")
    return _view(sale, items)


def _check_products(cart: Cart) -> None:
    if cart.missing:
        ids = [str(product_id) for product_id in cart.missing]
        raise Conflict("A product is not sold any more.", reason="PRODUCT_UNAVAILABLE", product_ids=ids)


def _check_prescription(caller: Caller, body: RecordSale, store: Store, cart: Cart) -> None:
    """Raise unless prescription medicines have a prescriber, and a pharmacist stands behind their sale."""
    if not any(line.prescription_required for line in cart.lines):
        return
    if body.prescriber_registration is None:
        raise Conflict(
            "Prescription medicines need `prescriber_registration`, from the prescription.", reason="PRESCRIBER_NEEDED"
        )
    if caller.role != Role.PHARMACIST and body.pharmacist_registration != store.pharmacist_registration:
        raise Forbidden(
            "A pharmacist sells prescription medicines; or name the store's own in `pharmacist_registration`.",
            reason="PHARMACIST_NEEDED",
        )


def _take(tx: Tx, caller: Caller, store_id: UUID, sale_id: UUID, cart: Cart, sold_on: date) -> list[SoldItem]:
    wanted = [(line.product_id, line.quantity) for line in cart.lines]
    free = stock.lock_free(tx, store_id, cart.lines, sold_on)
    taken, short = allocation.allocate(wanted, free)
    if short:
        available = {str(product_id): packs for product_id, packs in short.items()}
        raise Conflict("There is too little of this in the store.", reason="OUT_OF_STOCK", available=available)
    if len(taken) > MAX_ROWS:
        raise Conflict("This sale takes from too many batches; split it in two.", reason="TOO_MANY_BATCHES")
    stock.sell(tx, taken, sale_id, caller.uid, clock.now())
    items: list[SoldItem] = []
    for line_no, part in enumerate(taken, start=1):
        line = cart.lines[part.line_no - 1]
        price = min(line.price_paise, part.batch.mrp_paise)  # the MRP printed on this batch is the law
        total = price * part.quantity
        tax = pricing.tax_of(split_gst(total, line.gst_bp, same_state=True))
        items.append(
            SoldItem(
                sale_id, line_no, line.product_id, part.batch.id, line.name, part.quantity, part.batch.mrp_paise, price,
                line.gst_bp, total, tax,
            )
        )  # fmt: skip
    return items


def _view(sale: Sale, items: Sequence[SoldItem]) -> SaleView:
    values = sale._asdict()
    del values["pharmacist_registration"]
    return SaleView(**values, items=[_line(item) for item in items])


def _line(item: SoldItem) -> SaleLine:
    values = item._asdict()
    del values["sale_id"]
    return SaleLine(**values)
