"""One order and its payment in the money proof: what its customer and Razorpay do, and the worlds that this leaves."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import flask
from werkzeug.test import EnvironBuilder

from ops.errors import OpsError
from ops.prove.bank import Bank, Event
from ops.prove.money_model import Effect, World, after, cancelled, learn, not_cancelled
from ops.prove.shop import Customer, once
from plazza.data import outbox
from plazza.data.sql import read
from plazza.errors import Conflict, Unavailable
from plazza.order.actions import moving, placing
from plazza.order.models.orders import CancelOrder, CartItem, PlaceOrder
from plazza.payment import consumers
from plazza.payment.actions import intents
from plazza.payment.models import CreatePayment, VerifyPayment
from plazza.payment.routes.webhook import api

FAULTS = ("status", "drop", "act_then_drop", "act_then_status", "malformed")
FAULT_SHARE, DROP_SHARE, DUPLICATE_SHARE, FORGED_SHARE, WRONG_SHARE = 0.12, 0.2, 0.25, 0.05, 0.08
_OUTCOMES = {"captured": 10, "captured_twice": 4, "late_authorized": 6, "failed": 3, "authorized": 1}
_MOST_PAYMENTS, _AT_ONCE = 3, 3
_ROW = "SELECT id FROM outbox WHERE key = %s AND consumer = 'payment.process_webhook' AND status = 'pending'"


class Scene(NamedTuple):
    """What histories share."""

    bank: Bank
    dice: random.Random
    done: Counter[str]

    def fault(self) -> str | None:
        """Draw what goes wrong with the next call, if anything."""
        if self.dice.random() >= FAULT_SHARE:
            return None
        self.done["calls that were broken"] += 1
        return self.dice.choice(FAULTS)


class History:
    """An order that may be paid, once, often, late or never."""

    def __init__(self, scene: Scene, customer: Customer, items: dict[UUID, int]) -> None:
        """Place the order."""
        self._scene, self._customer = scene, customer
        body = PlaceOrder(
            items=[CartItem(product_id=one, quantity=count) for one, count in items.items()],
            address_id=customer.address_id,
            payment_method="razorpay",
        )
        order = placing.place_order(customer.caller, once(customer.caller), body)
        if order.expires_at is None:
            raise OpsError(f"the order {order.number} does not wait for its payment")
        self.order_id, self.total_paise, self.expires_at = order.id, order.total_paise, order.expires_at
        self.razorpay_order_id: str | None = None
        self.payment_id: UUID | None = None
        self.worlds = frozenset({World()})
        self._creating, self._is_payable = once(customer.caller), True
        self._paid = 0
        self._receipts: list[dict[str, str]] = []
        self.sent: dict[str, Event] = {}

    def step(self) -> None:
        """Let one thing happen, of those that may."""
        may: dict[Callable[[], None], float] = {self._cancel: 0.2}
        if self.razorpay_order_id is None:
            may[self._create] = 8 if self._is_payable else 0
        else:
            may[self._pay] = 3 if self._paid < _MOST_PAYMENTS else 0
            may[self._verify] = 2 if self._receipts else 0
            may[self._hear] = 5 if self._waiting else 0
            may[self._race] = 2 if self._receipts and self._waiting else 0
        self._scene.dice.choices(list(may), list(may.values()))[0]()

    def hear_all(self) -> None:
        """Bring what waits, but for what is lost."""
        while self._waiting:
            self._hear()

    def effect_of(self, event: Event) -> Effect | None:
        """Give what a webhook tells of captured money."""
        entity = event.body["payload"].get("payment", {}).get("entity", {})
        is_about_refund = event.body["event"].startswith("refund.")
        return None if is_about_refund or not entity.get("captured") else self.learned(entity["id"], entity["amount"])

    def learned(self, attempt: str, amount_paise: int) -> Effect:
        """Give what it does to hear that an attempt was captured."""
        return learn(attempt, is_right=amount_paise == self.total_paise)

    @property
    def _waiting(self) -> list[Event]:
        return self._scene.bank.inbox[self.razorpay_order_id] if self.razorpay_order_id else []

    def _create(self) -> None:
        with self._scene.bank.broken(self._scene.fault(), "/v1/orders"):
            try:
                made = intents.create(self._creating, self._customer.caller, CreatePayment(order_id=self.order_id))
            except Unavailable:
                return  # it may be there: the next try finds it
            except Conflict:
                self._is_payable = False
                return
        self.payment_id, self.razorpay_order_id = made.id, made.razorpay_order_id

    def _pay(self) -> None:
        dice, done = self._scene.dice, self._scene.done
        outcome = dice.choices(list(_OUTCOMES), list(_OUTCOMES.values()))[0]
        wanted: dict[str, object] = {"outcome": outcome, "amount": self.total_paise}
        if dice.random() < WRONG_SHARE:
            wanted["amount"] = self.total_paise + dice.choice((-1, 1, 100, -100, 5_000))
            done["payments of a wrong amount"] += 1
        if outcome == "late_authorized":
            fails = dice.uniform(10, 400)
            wanted |= {"failed_after_s": fails, "authorized_after_s": fails + dice.uniform(1, 900)}
        try:
            paid = self._scene.bank.pay(str(self.razorpay_order_id), **wanted)
        except OpsError:
            return  # paid already: Razorpay takes no more
        self._paid += 1
        done[f"payments {outcome}"] += 1
        if paid["razorpay_signature"]:
            self._receipts.append({name: value for name, value in paid.items() if name.startswith("razorpay_")})

    def _verify(self) -> None:
        show = self._shown(self._scene.dice.choice(self._receipts))
        with self._scene.bank.broken(self._scene.fault(), "/v1/payments/*", "GET"):
            effects = show()
        self.worlds = after(self.worlds, *effects)

    def _shown(self, receipt: dict[str, str]) -> Callable[[], list[Effect]]:
        there = self._scene.bank.known(receipt["razorpay_payment_id"])

        def show() -> list[Effect]:
            self._scene.done["callbacks"] += 1
            try:
                intents.verify(self._customer.caller, VerifyPayment.model_validate(receipt))
            except (Unavailable, Conflict):
                return []
            return [self.learned(there.id, there.amount_paise)] if there.is_captured else []

        return show

    def _hear(self) -> None:
        event = self._take_event()
        if event is not None:
            self._bring(event)

    def _take_event(self) -> Event | None:
        dice, waiting = self._scene.dice, self._waiting
        event = waiting.pop(dice.randrange(len(waiting)))
        if dice.random() < DROP_SHARE:
            self._scene.done["webhooks lost"] += 1
            return None
        if dice.random() < DUPLICATE_SHARE:
            self._scene.done["webhooks twice"] += 1
            waiting.append(event)
        if dice.random() < FORGED_SHARE:
            self._scene.done["webhooks forged"] += 1
            forged = Event(event.raw.replace(b"captured", b"Captured") + b" ", event.headers)
            if self._post(forged) != 401:
                raise OpsError("a forged webhook was taken")
        return event

    def _bring(self, event: Event) -> str:
        self._scene.done["webhooks"] += 1
        event_id = event.headers["x-razorpay-event-id"]
        self.sent[event_id] = event
        status = self._post(event)
        if status != 200:
            raise OpsError(f"a webhook was answered {status}")
        return event_id

    def _post(self, event: Event) -> int:
        self._scene.done["requests"] += 1
        address = {
            "X-Forwarded-For": f"10.0.{self._scene.done['requests'] % 50_000 // 250}.{self._scene.done['requests'] % 250}"
        }
        sent = list((event.headers | address).items())  # Razorpay sends from many addresses; one has a limit
        builder = EnvironBuilder(path="/webhooks/razorpay", method="POST", headers=sent, data=event.raw)
        return api.dispatch(flask.Request(builder.get_environ())).status_code

    def _cancel(self) -> None:
        self.worlds = after(self.worlds, *self._give_up())

    def _give_up(self) -> list[Effect]:
        try:
            caller = self._customer.caller
            moving.cancel_order(caller, once(caller), self.order_id, CancelOrder(reason="changed my mind"))
        except Conflict:
            return [not_cancelled]
        self._scene.done["orders cancelled by customers"] += 1
        return [cancelled]

    def _race(self) -> None:
        """Let callback, webhook and sometimes the customer's change of mind meet in one moment."""
        self._scene.done["races"] += 1
        receipt, event = self._scene.dice.choice(self._receipts), self._take_event()
        runners = [self._shown(receipt)]
        if event is not None:
            runners.append(lambda: self._bring_and_work(event))
        if self._scene.dice.random() < 0.3:
            runners.append(self._give_up)
        with ThreadPoolExecutor(_AT_ONCE) as crowd:
            found = [effect for effects in crowd.map(lambda run: run(), runners) for effect in effects]
        self.worlds = after(self.worlds, *found)

    def _bring_and_work(self, event: Event) -> list[Effect]:
        event_id = self._bring(event)
        row = outbox.get(read(lambda tx: tx.value(_ROW, (event_id,))) or UUID(int=0))
        effect = self.effect_of(event)
        if row is None or not outbox.deliver(row, consumers.process_webhook) or effect is None:
            return []
        return [effect]


class Ended(NamedTuple):
    """What the product has of an order and its payment in the end."""

    status: str
    payment_status: str
    payment: str | None
    settled_by: str | None
    captured_paise: int
    refunded_paise: int
    processed_paise: int
    known: list[str]


class Verdict(NamedTuple):
    """What was found wrong with a history, and the paise that are not where they belong."""

    problems: list[str]
    astray_paise: int
    is_paid_without_order: bool


def judge(history: History, ended: Ended, held_there_paise: int) -> Verdict:
    """Hold an end against the worlds that are left, and the money against what the order owes."""
    problems: list[str] = []
    fitting = [world for world in history.worlds if _fits(world, ended)]
    if not fitting:
        problems.append(f"ended as {ended}, not as one of {sorted(map(str, history.worlds))}")
    elif all(world.held for world in fitting):
        problems.append("a wrong amount was kept")
    owes = history.total_paise if ended.status == "confirmed" else 0
    ours = ended.captured_paise - ended.refunded_paise
    if ours != owes or held_there_paise != owes or ended.refunded_paise != ended.processed_paise:
        problems.append(f"owes {owes}, we hold {ours}, Razorpay holds {held_there_paise} for us")
    astray = abs(ours - owes) + abs(held_there_paise - owes) + abs(ended.refunded_paise - ended.processed_paise)
    return Verdict(problems, astray, held_there_paise > 0 and ended.status != "confirmed")


def _fits(world: World, ended: Ended) -> bool:
    payment: Any = None
    if ended.payment is not None:
        payment = "conflicted" if world.is_conflicted else "captured" if world.known else "cancelled"
    shown = "captured" if world.order == "confirmed" else "refunded" if world.known else "pending"
    return (world.order, shown, payment, world.settled_by, world.known) == (
        ended.status,
        ended.payment_status,
        ended.payment,
        ended.settled_by,
        frozenset(ended.known),
    )


def expires_between(history: History, before: datetime, until: datetime) -> bool | None:
    """Tell whether an order's time was over at a sweep; None when it ended while the sweep ran."""
    if history.expires_at <= before:
        return True
    return None if history.expires_at <= until else False
