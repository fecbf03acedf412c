"""A paid order of `ops prove refunds` and all that may happen to it; what must be left of its money is reckoned beside the product."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from uuid import UUID

from ops.errors import OpsError
from ops.prove.bank import Bank
from ops.prove.refund_papers import Papers, must
from ops.prove.shop import Customer, Shop, once
from plazza.data import outbox
from plazza.data.sql import read, run_transaction
from plazza.errors import Conflict, NotFound
from plazza.identity import Caller, Role
from plazza.order.actions import handover, moving, placing, reducing, returns
from plazza.order.models.changes import FewerPacks, ReduceOrder, ReturnedPacks, ReturnPacks
from plazza.order.models.orders import CancelOrder, CartItem, PlaceOrder, SetStatus, Status
from plazza.order.rules.states import SYSTEM
from plazza.payment import consumers
from plazza.payment.actions import intents, refunds
from plazza.payment.models import LEAST_REFUND_PAISE, CreatePayment, RefundRequest, VerifyPayment
from plazza.payment.store import payments as kept_payments
from plazza.payment.store import refunds as kept_refunds

LONGEST, AT_ONCE = 10, 4
_PERSON = Caller("proof-support", Role.SUPPORT)
_CONSUMERS: dict[str, Callable[[str], None]] = {
    "payment.razorpay_refund": consumers.razorpay_refund,
    "payment.refund_cancelled_order": consumers.refund_cancelled_order,
    "payment.refund_reduced_order": consumers.refund_reduced_order,
    "payment.credit_earlier_refunds": consumers.credit_earlier_refunds,
}
_WAITING = (
    "SELECT id FROM outbox WHERE status = 'pending' AND consumer = ANY(%s) AND lane = ANY(%s) ORDER BY position, id"
)
_SHOWN = "SELECT payment_status FROM orders WHERE id = %s"
_REFUNDS = "SELECT id FROM refunds WHERE payment_id = %s ORDER BY created_at, id"


class Give(NamedTuple):
    """Staff give back so much, or several at once do."""

    amounts: tuple[int, ...]


class GiveAllBut(NamedTuple):
    """Staff give back all that is left but so little."""

    paise: int


class Drop(NamedTuple):
    """A line shall have so many packs left before it is packed: by the customer's wish, or because the store has no more."""

    line_no: int
    left: int
    by_store: bool


class Deliver(NamedTuple):
    """The order is packed, leaves with its invoice, and is with its customer."""


class Return(NamedTuple):
    """So many packs of a line come back."""

    line_no: int
    packs: int


class Fail(NamedTuple):
    """The bank sends one of the refunds back."""

    which: int


class Cancel(NamedTuple):
    """The customer cancels the order."""


class Break(NamedTuple):
    """The next call for a refund is answered so, or not at all."""

    kind: str


Operation = Give | GiveAllBut | Drop | Deliver | Return | Fail | Cancel | Break


class Case:
    """A paid order. `left` of its money is with us, `owed` of its price stands, `due` for packs that went is not given back yet."""

    def __init__(
        self, bank: Bank, shop: Shop, customer: Customer, packs: dict[UUID, int], codes: list[str], done: Counter[str]
    ) -> None:
        """Order so many packs of products with coupons, and pay."""
        self._bank, self._shop, self._customer, self._done = bank, shop, customer, done
        self._fault: str | None = None
        self._status = Status.CONFIRMED
        caller = customer.caller
        items = [CartItem(product_id=product, quantity=count) for product, count in packs.items()]
        body = PlaceOrder(
            items=items, address_id=customer.address_id, payment_method="razorpay", coupon_codes=codes
        )  # fmt: skip
        self._order = placing.place_order(caller, once(caller), body)
        made = intents.create(once(caller), caller, CreatePayment(order_id=self._order.id))
        paid = bank.pay(str(made.razorpay_order_id), outcome="captured")
        intents.verify(caller, VerifyPayment.model_validate(paid))
        self._payment_id, self._there = made.id, paid["razorpay_payment_id"]
        self._papers = Papers(self._order.id, _PERSON)
        self._left = self._owed = self._order.total_paise
        self._due = 0

    def play(self, operations: list[Operation]) -> None:
        """Do one thing after the other, and in the end give back all that is left. Raises Wrong."""
        for operation in operations:
            self._done[type(operation).__name__.lower()] += 1
            self._do(operation)
            self._work()
            self._check(is_over=False)
        if self._left > 0:
            self._give((self._left,))
            self._work()
        self._check(is_over=self._status == Status.DELIVERED)
        must(self._left == 0, f"{self._left} paise of {self._order.total_paise} cannot be given back")
        shown = read(lambda tx: tx.value(_SHOWN, (self._order.id,)))
        must(shown == "refunded", f"the order shows {shown} when all of its money went back")
        self._done["paise given back"] += self._order.total_paise

    def _do(self, operation: Operation) -> None:
        match operation:
            case Give(amounts):
                self._give(amounts)
            case GiveAllBut(paise):
                self._give((self._left - paise,))
            case Drop():
                self._drop(operation)
            case Deliver():
                self._deliver()
            case Return():
                self._return(operation)
            case Fail(which):
                self._fail(which)
            case Cancel():
                self._cancel()
            case Break(kind):
                self._fault = kind

    def _give(self, amounts: tuple[int, ...]) -> None:
        def ask(amount_paise: int) -> int:
            body = RefundRequest(payment_id=self._payment_id, amount_paise=amount_paise, reason="proof")
            try:
                refunds.request_refund(once(_PERSON), body, _PERSON)
            except Conflict:
                return 0
            return amount_paise

        before = self._left
        with ThreadPoolExecutor(AT_ONCE) as staff:
            given = list(staff.map(ask, [amount for amount in amounts if amount >= LEAST_REFUND_PAISE]))
        self._left -= sum(given)
        self._credit()
        self._done["refunds promised"] += sum(amount > 0 for amount in given)
        self._done["refunds refused"] += given.count(0)
        must(self._left >= 0, f"{sum(given)} paise were promised of {before}")
        if len(amounts) == 1 and given == [0]:
            rest = before - amounts[0]
            must(rest != 0 and rest < LEAST_REFUND_PAISE, f"{amounts[0]} of {before} paise were refused")

    def _drop(self, drop: Drop) -> None:
        kept = self._papers.packs()
        mine = [pack for pack in kept if pack.line_no == drop.line_no]
        may = self._status == Status.CONFIRMED and len(mine) > drop.left and len(kept) > len(mine) - drop.left
        caller = self._shop.cashier if drop.by_store else self._customer.caller
        body = ReduceOrder(lines=[FewerPacks(line_no=drop.line_no, quantity=drop.left)], reason="proof")
        try:
            reducing.reduce_order(caller, once(caller), self._order.id, body)
        except (Conflict, NotFound) as exc:
            must(not may, f"{drop} was refused: {exc}")
            return
        must(may, f"{drop} was done")
        self._done["packs taken out"] += len(mine) - drop.left
        self._lower(sum(pack.total_paise + pack.fee_paise for pack in mine[drop.left :]))

    def _deliver(self) -> None:
        if self._status != Status.CONFIRMED:
            return
        packer, order_id = self._shop.cashier, self._order.id
        moving.set_status(packer, once(packer), order_id, SetStatus(status=Status.PROCESSING))
        run_transaction(lambda tx: handover.ship(tx, order_id, SYSTEM))
        run_transaction(lambda tx: handover.deliver(tx, order_id, SYSTEM))
        self._status = Status.DELIVERED
        self._credit()

    def _return(self, back: Return) -> None:
        may = self._status == Status.DELIVERED and len(self._papers.packs(back.line_no)) >= back.packs
        lines = [ReturnedPacks(line_no=back.line_no, quantity=back.packs, opened=False, resaleable=True)]
        body = ReturnPacks(lines=lines, reason="unwanted")
        try:
            note = returns.return_packs(_PERSON, once(_PERSON), self._order.id, body)
        except (Conflict, NotFound) as exc:
            too_little = exc.details.get("reason") == "BELOW_REFUND_MINIMUM"
            must(too_little or not may, f"{back} was refused: {exc}")
            return
        must(may, f"{back} was done")
        self._done["packs brought back"] += back.packs
        self._lower(note.total_paise)

    def _lower(self, paise: int) -> None:
        """Reckon that packs went: their price goes back, all of the rest with it when less than a rupee would stay."""
        self._owed -= paise
        self._due += paise
        back = min(self._due, self._left)
        if back >= LEAST_REFUND_PAISE:
            self._due = 0
            self._left = 0 if self._left - back < LEAST_REFUND_PAISE else self._left - back
        self._credit()

    def _credit(self) -> None:
        """Reckon that what is with us beside what is due for packs is all that an invoiced order still owes."""
        if self._status == Status.DELIVERED:
            self._owed = min(self._owed, self._left - min(self._due, self._left))

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
        if self._status != Status.CONFIRMED:
            return
        caller = self._customer.caller
        moving.cancel_order(caller, once(caller), self._order.id, CancelOrder(reason="proof"))
        self._status, self._left = Status.CANCELLED, 0

    def _work(self) -> None:
        """Give the payment's rows to their consumers until none waits; only the first call for a refund is broken."""
        lanes = [str(self._order.id), str(self._payment_id)]
        for _ in range(LONGEST):
            rows = read(lambda tx: tx.values(_WAITING, (list(_CONSUMERS), lanes)))
            if not rows:
                return
            for row in filter(None, map(outbox.get, rows)):
                fault = self._fault if row.consumer == "payment.razorpay_refund" else None
                self._fault = None if fault else self._fault
                with self._bank.broken(fault, "/v1/payments/*/refund"):
                    outbox.deliver(row, _CONSUMERS[row.consumer])
        raise OpsError("the rows of a payment never end")

    def _check(self, *, is_over: bool) -> None:
        """Hold our books against Razorpay's and against what was asked for. Raises Wrong."""
        payment = read(lambda tx: kept_payments.get_payment(tx, self._payment_id, seen_by=_PERSON))
        there = self._bank.known(self._there)
        gone = self._order.total_paise - self._left
        must(payment.captured_paise == self._order.total_paise, f"{payment.captured_paise} paise were captured")
        must(payment.refunded_paise == gone, f"{payment.refunded_paise} paise are promised back, not {gone}")
        must(there.returned_paise == gone, f"Razorpay gave {there.returned_paise} paise back, not {gone}")
        processed = read(lambda tx: kept_refunds.get_processed_paise(tx, self._payment_id))
        must(processed == gone, f"{processed} paise are shown as given back, not {gone}")
        self._papers.check(self._owed, is_over=is_over)
