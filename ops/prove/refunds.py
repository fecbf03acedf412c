"""`ops prove refunds`: whatever is given back of a payment, in whatever order, adds up to what was paid, and moves no price.

Hypothesis makes up the sequences, and shortens one that fails to the least that still does. They are made of what there is: refunds by
staff, also at the same moment; a cancelled order; banks that refuse late; calls whose answers are lost.
"""

import argparse
import io
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from typing import NamedTuple
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as begin_with
from hypothesis import strategies as st

from ops.errors import OpsError
from ops.prove import faults
from ops.prove.balances import recompute
from ops.prove.bank import Bank
from ops.prove.ground import Ground
from ops.prove.report import Count, Outcome
from ops.prove.running import run
from ops.prove.shop import Customer, Shop, once
from plazza.data import outbox
from plazza.data.sql import read
from plazza.errors import Conflict
from plazza.identity import Caller, Role
from plazza.order.actions import moving, placing
from plazza.order.models.orders import CancelOrder, CartItem, PlaceOrder
from plazza.payment import consumers
from plazza.payment.actions import intents, refunds
from plazza.payment.models import LEAST_REFUND_PAISE, CreatePayment, RefundRequest, VerifyPayment
from plazza.payment.store import payments as kept_payments
from plazza.payment.store import refunds as kept_refunds

_LONGEST, _AT_ONCE = 8, 4
_PERSON = Caller("proof-support", Role.SUPPORT)
_CONSUMERS = {
    "payment.razorpay_refund": consumers.razorpay_refund,
    "payment.refund_cancelled_order": consumers.refund_cancelled_order,
}
_WAITING = (
    "SELECT id FROM outbox WHERE status = 'pending' AND consumer = ANY(%s) AND lane = ANY(%s) ORDER BY position, id"
)
_PRICES = """
    SELECT md5(string_agg(concat_ws(' ', product_id, quantity, price_paise, discount_paise, taxable_paise, cgst_paise, sgst_paise,
                                    igst_paise, total_paise), '|' ORDER BY line_no)) FROM order_items WHERE order_id = %s"""
_SHOWN = "SELECT payment_status FROM orders WHERE id = %s"
_REFUNDS = "SELECT id FROM refunds WHERE payment_id = %s ORDER BY created_at, id"


class Wrong(AssertionError):
    """Money or a price is not what it must be."""


class Give(NamedTuple):
    """Staff give back so much, or several at once do."""

    amounts: tuple[int, ...]


class GiveAllBut(NamedTuple):
    """Staff give back all that is left but so little."""

    paise: int


class Fail(NamedTuple):
    """The bank sends one of the refunds back."""

    which: int


class Cancel(NamedTuple):
    """The customer cancels the order."""


class Break(NamedTuple):
    """The next call for a refund is answered so, or not at all."""

    kind: str


Operation = Give | GiveAllBut | Fail | Cancel | Break
_amounts = st.integers(LEAST_REFUND_PAISE, 60_000)
_operations = st.lists(
    st.one_of(
        st.lists(_amounts, min_size=1, max_size=_AT_ONCE).map(lambda amounts: Give(tuple(amounts))),
        st.integers(0, 2 * LEAST_REFUND_PAISE).map(GiveAllBut),
        st.integers(0, 9).map(Fail),
        st.just(Cancel()),
        st.sampled_from(("status", "drop", "act_then_drop", "act_then_status")).map(Break),
    ),
    min_size=1,
    max_size=_LONGEST,
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the proof's options."""
    parser.add_argument("--sequences", type=int, default=1000, help="how many sequences (1000)")
    parser.add_argument("--seed", type=int, help="what the dice begin with; printed, to repeat a run")
    parser.add_argument(
        "--break", dest="broken", choices=["paisa"], help="each refund is written a paisa short: the proof must then fail"
    )  # fmt: skip


def main(options: argparse.Namespace) -> int:
    """Prove it; exit 0 when everything added up."""

    def work(ground: Ground, seed: int) -> Outcome:
        with redirect_stdout(io.StringIO()):  # Razorpay's SDK prints each call that was broken
            return prove(ground, seed, options.sequences, options.broken)

    return run("refunds", options.seed, work, sequences=options.sequences)


def prove(ground: Ground, seed: int, sequences: int, broken: str | None = None) -> Outcome:
    """Try so many sequences, or until one does not add up."""
    ground.renew()
    shop, bank, done = Shop(ground), Bank(ground.sandbox_url), Counter[str]()
    customer = shop.customer()
    products = [shop.product(price, batches=(100_000,)) for price in (1_733, 4_999, 12_001)]
    if broken == "paisa":
        with ground.admin("cockroach") as connection:
            faults.before_row(connection, "INSERT", "refunds", "NEW.amount_paise := NEW.amount_paise - 1; RETURN NEW;")

    @begin_with(seed)
    @settings(
        max_examples=sequences, deadline=None, database=None, phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False, suppress_health_check=[HealthCheck.too_slow],
    )  # fmt: skip
    @given(st.lists(st.integers(1, 3), min_size=3, max_size=3), _operations)
    def adds_up(packs: list[int], operations: list[Operation]) -> None:
        done["sequences"] += 1
        _Case(bank, customer, dict(zip(products, packs, strict=True)), done).play(operations)

    with bank.keeps_time():
        bank.reset(seed)
        try:
            adds_up()
            problems: list[str] = []
        except Wrong as exc:
            problems = [str(exc), *getattr(exc, "__notes__", [])]
    counts = [Count(what, number) for what, number in sorted(done.items())]
    counts.append(Count("sequences that did not add up", len(problems[:1]), 0))
    return Outcome(counts, recompute(ground), problems)


class _Case:
    """A paid order, and what is given back of it."""

    def __init__(self, bank: Bank, customer: Customer, packs: dict[UUID, int], done: Counter[str]) -> None:
        self._bank, self._customer, self._done = bank, customer, done
        self._fault: str | None = None
        self._is_cancelled = False
        caller = customer.caller
        items = [CartItem(product_id=product, quantity=count) for product, count in packs.items()]
        body = PlaceOrder(items=items, address_id=customer.address_id, payment_method="razorpay")
        self._order = placing.place_order(caller, once(caller), body)
        made = intents.create(once(caller), caller, CreatePayment(order_id=self._order.id))
        paid = bank.pay(str(made.razorpay_order_id), outcome="captured")
        intents.verify(caller, VerifyPayment.model_validate(paid))
        self._payment_id, self._there = made.id, paid["razorpay_payment_id"]
        self._prices = read(lambda tx: tx.value(_PRICES, (self._order.id,)))
        self._left = self._order.total_paise

    def play(self, operations: list[Operation]) -> None:
        """Do one thing after the other, and in the end give back all that is left. Raises Wrong."""
        for operation in operations:
            self._done[type(operation).__name__.lower()] += 1
            match operation:
                case Give(amounts):
                    self._give(amounts)
                case GiveAllBut(paise):
                    self._give((self._left - paise,))
                case Fail(which):
                    self._fail(which)
                case Cancel():
                    self._cancel()
                case Break(kind):
                    self._fault = kind
            self._work()
            self._check()
        if self._left > 0:
            self._give((self._left,))
            self._work()
        self._check()
        _must(self._left == 0, f"{self._left} paise of {self._order.total_paise} cannot be given back")
        shown = read(lambda tx: tx.value(_SHOWN, (self._order.id,)))
        _must(shown == "refunded", f"the order shows {shown} when all of its money went back")
        self._done["paise given back"] += self._order.total_paise

    def _give(self, amounts: tuple[int, ...]) -> None:
        def ask(amount_paise: int) -> int:
            body = RefundRequest(payment_id=self._payment_id, amount_paise=amount_paise, reason="proof")
            try:
                refunds.request_refund(once(_PERSON), body, _PERSON)
            except Conflict:
                return 0
            return amount_paise

        before = self._left
        with ThreadPoolExecutor(_AT_ONCE) as staff:
            given = list(staff.map(ask, [amount for amount in amounts if amount >= LEAST_REFUND_PAISE]))
        self._left -= sum(given)
        self._done["refunds promised"] += sum(amount > 0 for amount in given)
        self._done["refunds refused"] += given.count(0)
        _must(self._left >= 0, f"{sum(given)} paise were promised of {before}")
        if len(amounts) == 1 and given == [0]:
            rest = before - amounts[0]
            _must(rest != 0 and rest < LEAST_REFUND_PAISE, f"{amounts[0]} of {before} paise were refused")

    def _fail(self, which: int) -> None:
        listed = self._bank.read(f"/payments/{self._there}/refunds?count=100")["items"]
        may = [item for item in listed if item["status"] != "failed"]
        if not may:
            return
        chosen = may[which % len(may)]
        self._bank.control("POST", f"/razorpay/refunds/{chosen['id']}", {"status": "failed"})
        self._left += chosen["amount"]
        for ident in read(lambda tx: tx.values(_REFUNDS, (self._payment_id,))):
            refund = read(lambda tx, ident=ident: kept_refunds.get_refund(tx, ident))
            if refund.razorpay_refund_id == chosen["id"]:
                refunds.recover(refund)

    def _cancel(self) -> None:
        if self._is_cancelled:
            return
        caller = self._customer.caller
        moving.cancel_order(caller, once(caller), self._order.id, CancelOrder(reason="proof"))
        self._is_cancelled, self._left = True, 0

    def _work(self) -> None:
        """Give the payment's rows to their consumers until none waits; only the first call for a refund is broken."""
        lanes = [str(self._order.id), str(self._payment_id)]
        for _ in range(_LONGEST):
            rows = read(lambda tx: tx.values(_WAITING, (list(_CONSUMERS), lanes)))
            if not rows:
                return
            for row in filter(None, map(outbox.get, rows)):
                fault = self._fault if row.consumer == "payment.razorpay_refund" else None
                self._fault = None if fault else self._fault
                with self._bank.broken(fault, "/v1/payments/*/refund"):
                    outbox.deliver(row, _CONSUMERS[row.consumer])
        raise OpsError("the rows of a payment never end")

    def _check(self) -> None:
        """Hold our books against Razorpay's and against what was asked for. Raises Wrong."""
        payment = read(lambda tx: kept_payments.get_payment(tx, self._payment_id, seen_by=_PERSON))
        there = self._bank.known(self._there)
        gone = self._order.total_paise - self._left
        _must(payment.captured_paise == self._order.total_paise, f"{payment.captured_paise} paise were captured")
        _must(payment.refunded_paise == gone, f"{payment.refunded_paise} paise are promised back, not {gone}")
        _must(there.returned_paise == gone, f"Razorpay gave {there.returned_paise} paise back, not {gone}")
        processed = read(lambda tx: kept_refunds.get_processed_paise(tx, self._payment_id))
        _must(processed == gone, f"{processed} paise are shown as given back, not {gone}")
        _must(read(lambda tx: tx.value(_PRICES, (self._order.id,))) == self._prices, "a price of the order moved")


def _must(is_so: bool, otherwise: str) -> None:  # noqa: FBT001 -- reads as a sentence
    if not is_so:
        raise Wrong(otherwise)
