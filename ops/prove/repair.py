"""`ops prove repair`: whatever a store's day brings, at once and with commits that fail, every stored balance is the sum of its parts.

Orders with coupons and prescriptions, dropped packs, cancels, hand-overs, deliveries, returns, counter sales, goods received, corrections and
recalls of stock, payments, refunds and expiries. Afterwards each balance is worked out anew from movements, attempts, refunds and redemptions; so it is after each other proof.
"""

import argparse
import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import LiteralString, NamedTuple
from uuid import UUID

from ops.errors import OpsError
from ops.prove import faults
from ops.prove.balances import recompute
from ops.prove.bank import Bank
from ops.prove.ground import Ground
from ops.prove.report import Count, Outcome
from ops.prove.running import run
from ops.prove.shop import Customer, Shop, once
from plazza import clock
from plazza.data import outbox
from plazza.data.sql import read, run_transaction
from plazza.errors import Conflict, NotFound, Unavailable
from plazza.identity import Caller, Role
from plazza.order import consumers as order_consumers
from plazza.order.actions import (
    counter,
    coupons,
    expiry,
    handover,
    inventory,
    moving,
    placing,
    quarantine,
    recalls,
    reducing,
    returns,
)
from plazza.order.models.changes import FewerPacks, ReduceOrder, ReturnedPacks, ReturnPacks
from plazza.order.models.inventory import AdjustStock, RecordSale
from plazza.order.models.orders import CancelOrder, CartItem, PlaceOrder, SetStatus, Status
from plazza.order.models.quarantine import Dispose, SetAside
from plazza.order.models.recalls import RecallBatch
from plazza.order.rules.states import Actor
from plazza.payment import consumers as payment_consumers
from plazza.payment.actions import intents, refunds
from plazza.payment.models import CreatePayment, RefundRequest, VerifyPayment

_WORKERS, _CUSTOMERS, _PRODUCTS = 8, 12, 5
_AGAIN = 0.15
_ROUNDS = 20
_PERSON = Caller("proof-support", Role.SUPPORT)
_RECALLER = Caller("proof-admin", Role.ADMIN)
_RIDER = Actor("proof-rider", Role.RIDER, None)
_CONSUMERS: dict[str, Callable[[str], None]] = {
    "order.confirm_coupon": order_consumers.confirm_coupon,
    "order.lower_coupon": order_consumers.lower_coupon,
    "order.release_coupon": order_consumers.release_coupon,
    "payment.credit_earlier_refunds": payment_consumers.credit_earlier_refunds,
    "payment.refund_cancelled_order": payment_consumers.refund_cancelled_order,
    "payment.refund_reduced_order": payment_consumers.refund_reduced_order,
    "payment.razorpay_refund": payment_consumers.razorpay_refund,
}
_DUE: LiteralString = "SELECT id FROM outbox WHERE status = 'pending' AND consumer = ANY(%s) ORDER BY position, id"


class _Buyer(NamedTuple):
    customer: Customer
    prescription_id: UUID


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the proof's options."""
    parser.add_argument("--operations", type=int, default=5_000, help="how many things happen (5000)")
    parser.add_argument("--seed", type=int, help="what the dice begin with; printed, to repeat a run")
    parser.add_argument(
        "--break", dest="broken", choices=["movements"], help="the database loses movements of stock that is released: it must then fail"
    )  # fmt: skip


def main(options: argparse.Namespace) -> int:
    """Prove it; exit 0 when no balance is another than the sum of its parts."""

    def work(ground: Ground, seed: int) -> Outcome:
        return prove(ground, seed, options.operations, options.broken)

    return run("repair", options.seed, work, operations=options.operations)


def prove(ground: Ground, seed: int, operations: int, broken: str | None = None) -> Outcome:
    """Let a day happen, look at every balance, let it end, and look again."""
    ground.renew()
    bank, done = Bank(ground.sandbox_url), Counter[str]()
    with bank.keeps_time():
        bank.reset(seed)
        day = _Day(Shop(ground), bank, done)
        if broken == "movements":
            with ground.admin("cockroach") as connection:
                lose = "IF NEW.kind = 'release' THEN RETURN NULL; END IF; RETURN NEW;"
                faults.before_row(connection, "INSERT", "stock_movements", lose)
        faults.say_again(ground, _AGAIN)
        with ThreadPoolExecutor(_WORKERS) as crowd:
            list(crowd.map(lambda worker: day.work(seed + worker, operations // _WORKERS), range(_WORKERS)))
        meanwhile = recompute(ground)
        day.end()
        balances = recompute(ground)
    counts = [
        *[Count(what, number) for what, number in sorted(done.items())],
        Count("commits that failed with 40001", faults.said_again(ground)),
        Count("balances that were wrong while orders were open", sum(one.wrong for one in meanwhile), 0),
        Count("orders that wait when all is over", _waiting(), 0),
    ]
    return Outcome(counts, balances)


def _waiting() -> int:
    return int(read(lambda tx: tx.value("SELECT count(*) FROM orders WHERE status = 'pending'")))


class _Day:
    """What happens in a store, to orders that several people work on."""

    def __init__(self, shop: Shop, bank: Bank, done: Counter[str]) -> None:
        self._shop, self._bank, self._done = shop, bank, done
        self._products = [shop.product(price, batches=(60, 60)) for price in range(10_000, 10_000 + _PRODUCTS)]
        self._strip = shop.product(20_000, batches=(100, 100), needs_prescription=True)
        self._coupons = [shop.coupon(1_000, uses=40), shop.coupon(500, uses=1_000, uses_each=5)]
        customers = [shop.customer() for _ in range(_CUSTOMERS)]
        self._buyers = [_Buyer(one, shop.prescription(one, self._strip, 10)) for one in customers]
        self._batches = [
            shop.receive(one, "EXTRA", 20, 10_000 + number, clock.today() + timedelta(days=900))
            for number, one in enumerate(self._products)
        ]
        self._orders: list[tuple[Customer, UUID]] = []
        self._apart: list[UUID] = []

    def work(self, seed: int, operations: int) -> None:
        """Do so many things, each drawn by dice; what is refused is refused."""
        dice = random.Random(seed)  # noqa: S311 -- no secret
        ways: dict[Callable[[random.Random], None], int] = {
            self._place: 10, self._cancel: 4, self._ship: 3, self._pay: 4, self._sell: 3, self._receive: 1, self._adjust: 2,
            self._refund: 1, self._recall: 1, self._dispose: 1, self._drop: 2, self._deliver_parcel: 3, self._return: 2,
        }  # fmt: skip
        for _ in range(operations):
            way = dice.choices(list(ways), list(ways.values()))[0]
            name = getattr(way, "__name__", "").strip("_")
            try:
                way(dice)
            except (Conflict, NotFound):
                self._done[f"{name}: refused"] += 1
            except Unavailable:
                self._done[f"{name}: told to come back"] += 1
            else:
                self._done[f"{name}: done"] += 1

    def end(self) -> None:
        """Let what was announced be done, and what nobody paid or used expire."""
        self._deliver()
        self._bank.wait(timedelta(hours=30))
        expiry.expire_pending()
        self._deliver()
        coupons.settle_expired()

    def _place(self, dice: random.Random) -> None:
        buyer = dice.choice(self._buyers)
        items = [
            CartItem(product_id=one, quantity=dice.randint(1, 4))
            for one in dice.sample(self._products, dice.randint(1, 3))
        ]
        prescription_id = None
        if dice.random() < 0.3:
            items.append(CartItem(product_id=self._strip, quantity=dice.randint(1, 3)))
            prescription_id = buyer.prescription_id
        body = PlaceOrder(
            items=items,
            address_id=buyer.customer.address_id,
            payment_method=dice.choice(("cod", "razorpay")),
            coupon_codes=dice.choice([*([code] for code in self._coupons), []]),
            prescription_id=prescription_id,
        )
        caller = buyer.customer.caller
        self._orders.append((buyer.customer, placing.place_order(caller, once(caller), body).id))

    def _cancel(self, dice: random.Random) -> None:
        customer, order_id = self._drawn(dice)
        moving.cancel_order(customer.caller, once(customer.caller), order_id, CancelOrder(reason="proof"))

    def _ship(self, dice: random.Random) -> None:
        _, order_id = self._drawn(dice)
        staff = self._shop.cashier
        moving.set_status(staff, once(staff), order_id, SetStatus(status=Status.PROCESSING))
        run_transaction(lambda tx: handover.ship(tx, order_id, _RIDER))

    def _drop(self, dice: random.Random) -> None:
        _, order_id = self._drawn(dice)
        body = ReduceOrder(lines=[FewerPacks(line_no=1, quantity=dice.randint(0, 2))], reason="proof")
        reducing.reduce_order(self._shop.cashier, once(self._shop.cashier), order_id, body)

    def _deliver_parcel(self, dice: random.Random) -> None:
        _, order_id = self._drawn(dice)
        run_transaction(lambda tx: handover.deliver(tx, order_id, _RIDER))

    def _return(self, dice: random.Random) -> None:
        _, order_id = self._drawn(dice)
        for_sale = dice.random() < 0.5
        lines = [ReturnedPacks(line_no=1, quantity=1, opened=not for_sale, resaleable=for_sale)]
        body = ReturnPacks(lines=lines, reason="unwanted" if for_sale else "damaged")
        returns.return_packs(_PERSON, once(_PERSON), order_id, body)

    def _pay(self, dice: random.Random) -> None:
        customer, order_id = self._drawn(dice)
        caller = customer.caller
        made = intents.create(once(caller), caller, CreatePayment(order_id=order_id))
        try:
            paid = self._bank.pay(str(made.razorpay_order_id), outcome="captured")
        except OpsError as exc:
            raise Conflict("Somebody else has just paid this order.") from exc
        intents.verify(caller, VerifyPayment.model_validate(paid))

    def _refund(self, dice: random.Random) -> None:
        ids: Sequence[UUID] = read(
            lambda tx: tx.values("SELECT id FROM payments WHERE status = 'captured' ORDER BY id")
        )
        if not ids:
            raise Conflict("Nobody has paid yet.")
        body = RefundRequest(payment_id=dice.choice(ids), amount_paise=dice.randint(100, 20_000), reason="proof")
        refunds.request_refund(once(_PERSON), body, _PERSON)

    def _sell(self, dice: random.Random) -> None:
        items = [CartItem(product_id=one, quantity=dice.randint(1, 2)) for one in dice.sample(self._products, 2)]
        sale = RecordSale(items=items, client_sale_id=f"S{dice.getrandbits(64):x}", payment_method="cash")
        counter.record_sale(self._shop.cashier, once(self._shop.cashier), sale)

    def _receive(self, dice: random.Random) -> None:
        number = dice.randrange(_PRODUCTS)
        expires_on = clock.today() + timedelta(days=900)
        self._shop.receive(self._products[number], "EXTRA", dice.randint(1, 10), 10_000 + number, expires_on)

    def _adjust(self, dice: random.Random) -> None:
        change, reason = dice.choice(((-2, "damaged"), (-1, "lost"), (1, "found"), (3, "counted"), (-3, "counted")))
        said = {"batch_id": dice.choice(self._batches), "change": change, "reason": reason}
        inventory.adjust_stock(self._shop.cashier, once(self._shop.cashier), AdjustStock.model_validate(said))

    def _recall(self, dice: random.Random) -> None:
        """Take in a batch that expires first, so that orders hold some of it by the time it is recalled or set aside."""
        number, batch_no = dice.randrange(_PRODUCTS), f"R{dice.getrandbits(32):X}"
        expires_on = clock.today() + timedelta(days=90)
        batch_id = self._shop.receive(self._products[number], batch_no, 6, 10_000 + number, expires_on)
        self._apart.append(batch_id)
        if dice.random() < 0.5:
            body = RecallBatch(product_id=self._products[number], batch_no=batch_no, reason="proof")
            recalls.recall_batch(_RECALLER, once(_RECALLER), body)
        else:
            aside = SetAside(batch_id=batch_id, quantity=dice.randint(1, 6), reason="suspect")
            quarantine.set_aside(self._shop.cashier, once(self._shop.cashier), aside)

    def _dispose(self, dice: random.Random) -> None:
        if not self._apart:
            raise Conflict("Nothing was set aside yet.")
        way = dice.choice(("supplier_return", "write_off"))
        said = {"batch_id": dice.choice(self._apart), "quantity": dice.randint(1, 4), "way": way, "note": "proof"}
        quarantine.dispose(self._shop.cashier, once(self._shop.cashier), Dispose.model_validate(said))

    def _drawn(self, dice: random.Random) -> tuple[Customer, UUID]:
        if not self._orders:
            raise Conflict("Nobody has ordered yet.")
        return dice.choice(self._orders)

    def _deliver(self) -> None:
        for _ in range(_ROUNDS):
            rows = read(lambda tx: tx.values(_DUE, (list(_CONSUMERS),)))
            for row in filter(None, map(outbox.get, rows)):
                outbox.deliver(row, _CONSUMERS[row.consumer])
            if not rows:
                return
