"""`ops prove money`: histories of payments in which everything goes wrong end as a reference model says, to the paisa.

Customers, Razorpay, its webhooks, the poller, the sweep and the outbox take turns as the dice say, and now and then act at the same
moment. Each batch of histories has databases and a Razorpay of its own.
"""

import argparse
import io
import random
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from ops.prove import faults
from ops.prove.balances import Balance, recompute
from ops.prove.bank import Attempt, Bank
from ops.prove.ground import Ground
from ops.prove.history import Ended, History, Scene, Verdict, expires_between, judge
from ops.prove.money_model import Effect, after, decided, expired, perhaps_after
from ops.prove.report import Count, Outcome
from ops.prove.running import run
from ops.prove.shop import Shop, once
from plazza import clock
from plazza.data import outbox
from plazza.data.sql import read
from plazza.errors import Unavailable
from plazza.identity import Caller, Role
from plazza.order.actions import expiry
from plazza.payment import consumers
from plazza.payment.actions import reconcile, refunds
from plazza.payment.models import RefundRequest

BATCH = 100
_STEPS = 10
"""What happens to a history, on average, before all of it is let come to its end."""
_LONGEST_UNLOOKED = timedelta(minutes=60)
_LAST_ROUNDS = 12
_PERSON = Caller("proof-support", Role.SUPPORT)
_CONSUMERS: dict[str, Callable[[str], None]] = {
    "payment.process_webhook": consumers.process_webhook,
    "payment.razorpay_refund": consumers.razorpay_refund,
    "payment.refund_cancelled_order": consumers.refund_cancelled_order,
}
_DUE = """
    SELECT id FROM outbox WHERE status = 'pending' AND consumer = ANY(%s) AND available_at <= %s ORDER BY position, id"""
_LEFT = "SELECT count(*) FROM outbox WHERE status = 'pending' AND consumer = ANY(%s)"
_OPEN = "SELECT count(*) FROM refunds WHERE status = 'requested'"
_DEAD = "SELECT count(*) FROM outbox WHERE status = 'dead'"
_ENDED = """
    SELECT o.status, o.payment_status, p.status AS payment, p.settled_by, coalesce(p.captured_paise, 0) AS captured_paise,
           coalesce(p.refunded_paise, 0) AS refunded_paise,
           coalesce((SELECT sum(r.amount_paise) FROM refunds AS r WHERE r.payment_id = p.id AND r.status = 'processed'), 0)::INT8
             AS processed_paise,
           ARRAY(SELECT a.razorpay_payment_id FROM payment_attempts AS a WHERE a.payment_id = p.id AND a.status = 'captured') AS known
      FROM orders AS o LEFT JOIN payments AS p ON p.order_id = o.id WHERE o.id = %s"""
_UNDECIDED = """
    SELECT a.razorpay_payment_id AS attempt, a.amount_paise
      FROM payment_attempts AS a JOIN payments AS p ON p.id = a.payment_id
     WHERE p.id = %s AND p.status = 'conflicted' AND a.status = 'captured' AND a.razorpay_payment_id <> p.settled_by
       AND NOT EXISTS (SELECT 1 FROM refunds AS r WHERE r.razorpay_payment_id = a.razorpay_payment_id AND r.status <> 'failed')"""


class _Undecided(NamedTuple):
    attempt: str
    amount_paise: int


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the proof's options."""
    parser.add_argument("--histories", type=int, default=10_000, help="how many payments (10000)")
    parser.add_argument("--seed", type=int, help="what the dice begin with; printed, to repeat a run")
    parser.add_argument(
        "--break", dest="broken", choices=["second"], help="the database loses refunds of second payments: the proof must then fail"
    )  # fmt: skip


def main(options: argparse.Namespace) -> int:
    """Prove it; exit 0 when every history ended as the model says."""

    def work(ground: Ground, seed: int) -> Outcome:
        with redirect_stdout(io.StringIO()):  # Razorpay's SDK prints each call that was broken
            return prove(ground, seed, options.histories, options.broken)

    return run("money", options.seed, work, histories=options.histories)


def prove(ground: Ground, seed: int, histories: int, broken: str | None = None) -> Outcome:
    """Play all histories, a batch at a time."""
    dice, done = random.Random(seed), Counter[str]()  # noqa: S311 -- no secret
    verdicts: list[Verdict] = []
    dead, balances = 0, list[Balance]()
    bank = Bank(ground.sandbox_url)
    with bank.keeps_time():
        for start in range(0, histories, BATCH):
            ground.renew()
            bank.reset(dice.randrange(1_000_000_000))
            batch = _Batch(ground, Scene(bank, dice, done))
            if broken == "second":
                with ground.admin("cockroach") as connection:
                    lose = "IF NEW.cause LIKE 'second:%' THEN RETURN NULL; END IF; RETURN NEW;"
                    faults.before_row(connection, "INSERT", "refunds", lose)
            batch.play(min(BATCH, histories - start))
            verdicts += batch.judge()
            dead += read(lambda tx: tx.value(_DEAD))
            balances = _added(balances, recompute(ground))
    problems = [problem for verdict in verdicts for problem in verdict.problems]
    counts = [
        *[Count(what, number) for what, number in sorted(done.items())],
        Count("histories that ended", len(verdicts), histories),
        Count("histories that ended otherwise than the model", sum(bool(one.problems) for one in verdicts), 0),
        Count("paid without an order", sum(one.is_paid_without_order for one in verdicts), 0),
        Count("paise that are not where they belong", sum(one.astray_paise for one in verdicts), 0),
        Count("outbox rows that died", dead, 0),
    ]
    return Outcome(counts, balances, problems)


class _Batch:
    """Histories that go on side by side."""

    def __init__(self, ground: Ground, scene: Scene) -> None:
        self._scene, self._bank, self._dice = scene, scene.bank, scene.dice
        shop = Shop(ground)
        self._customers = [shop.customer() for _ in range(5)]
        prices = [self._dice.randrange(101, 99_999) for _ in range(6)]
        self._products = [shop.product(price, batches=(500, 500)) for price in prices]
        self._histories: list[History] = []
        self._by_payment: dict[UUID, History] = {}
        self._looked_at = clock.now()

    def play(self, count: int) -> None:
        """Let so many histories happen, and then let all of them come to their end."""
        status = self._dice.choice(("processed", "pending"))
        self._bank.control("PUT", "/razorpay/settings", {"refund_status": status, "refund_after_s": 300})
        left = count * _STEPS
        while left > 0 or len(self._histories) < count:
            left -= 1
            if len(self._histories) < count and self._dice.random() < 2 / _STEPS:
                self._place()
            elif self._histories:
                self._turn()
        for history in self._histories:
            history.hear_all()
        self._end()

    def judge(self) -> list[Verdict]:
        """Hold each history's end against its worlds, and against what Razorpay has."""
        held: Counter[str] = Counter()
        for attempt in self._bank.attempts():
            held[attempt.order_id] += attempt.amount_paise - attempt.returned_paise if attempt.is_captured else 0
        verdicts: list[Verdict] = []
        for history in self._histories:
            ended = read(lambda tx, ident=history.order_id: tx.row(Ended, _ENDED, (ident,)))
            if ended is not None:
                verdicts.append(judge(history, ended, held[history.razorpay_order_id or ""]))
        return verdicts

    def _place(self) -> None:
        items = {one: self._dice.randint(1, 3) for one in self._dice.sample(self._products, self._dice.randint(1, 3))}
        self._histories.append(History(self._scene, self._dice.choice(self._customers), items))

    def _turn(self) -> None:
        chance = self._dice.random()
        if chance < 0.82:
            self._dice.choice(self._histories).step()
        elif chance < 0.93:
            self._work()
        elif chance < 0.97:
            self._wait(timedelta(seconds=self._dice.uniform(2, 300)))
        elif chance < 0.985:
            self._sweep()
        else:
            self._poll()

    def _wait(self, duration: timedelta) -> None:
        self._bank.wait(duration)
        if clock.now() - self._looked_at > _LONGEST_UNLOOKED:
            self._poll()

    def _work(self, *, is_last: bool = False) -> None:
        """Give the due rows to their consumers, in their order; some calls for refunds go wrong."""
        sent = {ident: history for history in self._histories for ident in history.sent}
        for row_id in read(lambda tx: tx.values(_DUE, (list(_CONSUMERS), clock.now()))):
            row = outbox.get(row_id)
            if row is None:
                continue
            fault = None
            if row.consumer == "payment.razorpay_refund" and not is_last:
                fault = self._scene.fault()
            with self._bank.broken(fault, "/v1/payments/*/refund"):
                was_done = outbox.deliver(row, _CONSUMERS[row.consumer])
            if row.consumer == "payment.process_webhook" and was_done:
                history = sent[row.key]
                effect = history.effect_of(history.sent[row.key])
                history.worlds = after(history.worlds, *([effect] if effect else []))

    def _sweep(self) -> None:
        before = clock.now()
        self._scene.done["sweeps"] += 1
        expiry.expire_pending()
        until = clock.now()
        for history in self._histories:
            is_over = expires_between(history, before, until)
            if is_over is None:
                history.worlds = perhaps_after(history.worlds, expired)
            elif is_over:
                history.worlds = after(history.worlds, expired)

    def _poll(self, *, is_last: bool = False) -> None:
        """Let the poller look; what was paid lately it must find, unless Razorpay was down meanwhile."""
        self._scene.done["polls"] += 1
        there = self._bank.attempts()
        since = clock.now() - reconcile.WINDOW + timedelta(minutes=1)
        fault, was_whole = None if is_last else self._scene.fault(), True
        with self._bank.broken(fault, "/v1/*", "GET"):
            try:
                reconcile.reconcile()
            except Unavailable:
                was_whole = False
        self._looked_at = clock.now() if was_whole else self._looked_at
        ours = {history.razorpay_order_id: history for history in self._histories}
        for history in self._histories:
            found = [one for one in there if ours.get(one.order_id) is history and one.is_captured]
            must = [_heard(history, one) for one in found if was_whole and one.created_at > since]
            may = [_heard(history, one) for one in found if not was_whole or one.created_at <= since]
            history.worlds = perhaps_after(after(history.worlds, *must), *may)

    def _decide(self) -> None:
        """A person gives back what came in a wrong amount, once the order has its own money."""
        for history in self._histories:
            ident = history.payment_id
            for one in read(lambda tx, ident=ident: tx.rows(_Undecided, _UNDECIDED, (ident,))):
                body = RefundRequest(payment_id=UUID(str(ident)), amount_paise=one.amount_paise, reason="wrong amount")
                refunds.request_refund(once(_PERSON), body, _PERSON)
                history.worlds = after(history.worlds, decided(one.attempt))
                self._scene.done["decided by a person"] += 1

    def _end(self) -> None:
        """Let everything that was begun come to its end: late answers, expiries, refunds."""
        for _ in range(_LAST_ROUNDS):
            self._bank.wait(timedelta(minutes=26))
            self._sweep()
            self._poll(is_last=True)
            self._decide()
            self._work(is_last=True)
            rows = read(lambda tx: tx.value(_LEFT, (list(_CONSUMERS),)))
            if rows == 0 and read(lambda tx: tx.value(_OPEN)) == 0:
                return


def _heard(history: History, attempt: Attempt) -> Effect:
    return history.learned(attempt.id, attempt.amount_paise)


def _added(before: list[Balance], more: list[Balance]) -> list[Balance]:
    if not before:
        return more
    return [
        Balance(one.name, one.rows + two.rows, one.wrong + two.wrong) for one, two in zip(before, more, strict=True)
    ]
