"""`ops prove crash`: orders go on while function processes and stores are killed, and nobody loses one.

Clients send each order until its answer is final, some cancel it again. Meanwhile instances of `orders`, of the dispatcher and of a task
function are killed (SIGKILL) and replaced, and each store is killed once and started again on its data.
"""

import argparse
import random
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple
from uuid import UUID

from ops.endpoints import NAMESPACE
from ops.errors import OpsError
from ops.http import call, request
from ops.prove.asking import Client
from ops.prove.balances import recompute
from ops.prove.fleet import Fleet, kill_store
from ops.prove.ground import Ground
from ops.prove.report import Count, Outcome
from ops.prove.running import run
from ops.prove.shop import Customer, Shop
from ops.steps import Screen
from plazza.data import sql

STORES = ("cockroach", "postgres", "redis")
REASONS = {"OUT_OF_STOCK", "USED_UP", "PRICE_CHANGED"}
"""What somebody who gets no order may be told; the last when two of their orders with the coupon meet."""

_FUNCTIONS = {"orders": 2, "dispatchOutbox": 1, "mirrorOrders": 1}
_COUPON_SHARE, _CANCEL_SHARE = 0.3, 0.15
_ORDERS_OF_ONE = 8
_DRAIN_SEC, _STILL_SEC = 1_200.0, 2.0  # of each order two rows and more go to Airtable, which takes four a second
_LEASE_SEC = 60.0
# What is leased or postponed would come up again by itself, minutes later.
_TIME_GOES_BY = "UPDATE outbox SET claimed_until = NULL, available_at = now() WHERE status = 'pending'"
# The database then answers before a commit is on disk, and what it says last is lost with it.
_FORGETFUL = {"synchronous_commit": "off", "wal_writer_delay": "10s", "wal_writer_flush_after": "1GB"}
_STUCK = "SELECT consumer, last_error, count(*) FROM outbox WHERE status <> 'done' GROUP BY consumer, last_error ORDER BY consumer"
_ORDERS = "SELECT id, uid, status, version, coupon_codes <> '{}' AS has_coupon FROM orders"


class Told(NamedTuple):
    """What a client was told in the end: its order or a reason, and whether the order was cancelled again."""

    customer: Customer
    order_id: UUID | None
    reason: str
    is_cancelled: bool
    tries: int


class _Kept(NamedTuple):
    id: UUID
    uid: str
    status: str
    version: int
    has_coupon: bool


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the proof's options."""
    parser.add_argument("--orders", type=int, default=1_000, help="how many orders are sent (1000)")
    parser.add_argument("--clients", type=int, default=64, help="how many clients send them (64)")
    parser.add_argument("--kills", type=int, default=20, help="how many function processes are killed (20)")
    parser.add_argument("--seed", type=int, help="what the dice begin with; printed, to repeat a run")
    parser.add_argument(
        "--break", dest="broken", choices=["commits"], help="databases answer before a commit is on disk: the proof must then fail"
    )  # fmt: skip


def main(options: argparse.Namespace) -> int:
    """Prove it; exit 0 when nothing was lost, made twice, oversold or left undone."""
    screen, figures = Screen(), {"orders": options.orders, "clients": options.clients, "kills": options.kills}

    def work(ground: Ground, seed: int) -> Outcome:
        screen.line(f"seed {seed}")
        return prove(ground, seed, options.orders, options.clients, options.kills, screen=screen)

    return run("crash", options.seed, work, options=_FORGETFUL if options.broken else {}, **figures)


def prove(
    ground: Ground, seed: int, orders: int, clients: int, kills: int, *, stores: Sequence[str] = STORES, screen: Screen
) -> Outcome:
    """Send all orders in as many parts as there are kills; each part is under way when something is killed."""
    ground.renew()
    dice = random.Random(seed)  # noqa: S311 -- no secret
    client = Client([], seed)
    shop = Shop(ground)
    customers = [shop.customer() for _ in range(max(2, orders // _ORDERS_OF_ONE))]
    few = max(1, orders // 20)
    products = [
        shop.product(9_900, batches=(few, few)),
        *[shop.product(5_000, batches=(2 * orders,)) for _ in range(3)],
    ]
    limit = max(1, orders // 10)  # of the first product and of the coupon there is less than is asked for
    code = shop.coupon(1_000, uses=limit)
    with ground.admin("cockroach") as connection:
        connection.execute("DELETE FROM outbox")  # of the products just made: here is no search engine to tell of them
    for part in ("cockroach", "postgres"):
        with ground.admin(part) as connection:
            connection.execute("CHECKPOINT")  # what the shop is made of is on disk, whatever the database then promises
    bodies = [_body(dice, products, code) for _ in range(orders)]
    fleet = Fleet(ground, _FUNCTIONS, client, "orders")
    for function in ("dispatchOutbox", "mirrorOrders"):
        ground.tasks.serve(function, lambda function=function: fleet.url(function))
    victims: list[str | None] = [*stores, *[None] * kills]
    dice.shuffle(victims)
    killed: Counter[str] = Counter()
    waiting: list[Future[Told]] = []
    with ThreadPoolExecutor(clients) as crowd:
        for number, victim in enumerate(victims):
            waiting += [
                crowd.submit(_order, client, dice.choice(customers), body, dice.random() < _CANCEL_SHARE)
                for body in bodies[number :: len(victims)]
            ]
            time.sleep(dice.uniform(0.05, 0.5))
            name = fleet.kill(dice) if victim is None else victim
            if victim is not None:
                kill_store(ground, victim)
            killed[name] += 1
            screen.line(
                f"{name} was killed and is back; {sum(one.done() for one in waiting)} of {orders} orders are answered"
            )
        told = [future.result() for future in waiting]
    screen.line(f"{orders} of {orders} orders are answered")
    left = _drain(ground, fleet)
    screen.line("the outbox is worked off")
    counts = _count(ground, client, told, killed, limit) + left
    fleet.stop()
    return Outcome(counts, recompute(ground))


def _body(dice: random.Random, products: Sequence[UUID], code: str) -> dict[str, Any]:
    items = [
        {"product_id": str(one), "quantity": dice.randint(1, 2)} for one in dice.sample(products, dice.randint(1, 2))
    ]
    return {"items": items, "payment_method": "cod"} | (
        {"coupon_codes": [code]} if dice.random() < _COUPON_SHARE else {}
    )


def _order(client: Client, customer: Customer, body: dict[str, Any], is_cancelled: bool) -> Told:  # noqa: FBT001 -- drawn by dice
    answer = client.insist("/orders", customer, body | {"address_id": str(customer.address_id)})
    if answer.status != 201:
        return Told(customer, None, answer.reason, is_cancelled=False, tries=answer.tries)
    order_id = UUID(answer.body["id"])
    if is_cancelled:
        cancelled = client.insist(f"/orders/{order_id}/cancel", customer, {"reason": "changed my mind"})
        if cancelled.status != 200:
            raise OpsError(f"an order could not be cancelled: {cancelled.body}")
    return Told(customer, order_id, "", is_cancelled, answer.tries)


def _drain(ground: Ground, fleet: Fleet) -> list[Count]:
    """Let the dispatcher work until nothing waits; what a killed one had taken comes up again once nothing else moves."""
    give_up_at = time.monotonic() + _DRAIN_SEC
    before, still_since = 0, time.monotonic()
    with ground.admin("cockroach") as connection:
        while time.monotonic() < give_up_at:
            request(fleet.url("dispatchOutbox"), "POST", {"data": {}}, timeout_sec=120.0)
            waiting: int = connection.execute("SELECT count(*) FROM outbox WHERE status = 'pending'").fetchall()[0][0]
            if waiting == 0:
                break
            if waiting != before:
                before, still_since = waiting, time.monotonic()
            elif time.monotonic() - still_since > _STILL_SEC:
                connection.execute(_TIME_GOES_BY)
                call(f"{ground.sandbox_url}/_sandbox/clock/advance", "POST", {"seconds": _LEASE_SEC, "wait": False})
                still_since = time.monotonic()
            time.sleep(0.1)
        found = dict(connection.execute("SELECT status, count(*) FROM outbox GROUP BY status").fetchall())
        stuck = connection.execute(_STUCK).fetchall()
    return [
        *[Count(f"waiting: {consumer}, {error}", number) for consumer, error, number in stuck],
        Count("outbox rows delivered", found.get("done", 0)),
        Count("outbox rows that wait", found.get("pending", 0), 0),
        Count("outbox rows that died", found.get("dead", 0), 0),
    ]


def _count(ground: Ground, client: Client, told: list[Told], killed: Counter[str], limit: int) -> list[Count]:
    sql.close_pools()
    with ground.admin("cockroach") as connection:
        kept = {row[0]: _Kept(*row) for row in connection.execute(_ORDERS).fetchall()}
        delivered = {row[0] for row in connection.execute("SELECT order_id FROM deliveries").fetchall()}
    with ground.admin("postgres") as connection:
        query = "SELECT order_id, status FROM coupon_redemptions"
        uses = {row[0]: row[1] for row in connection.execute(query).fetchall()}
    good = {one.order_id: one for one in told if one.order_id is not None}
    reasons = Counter(one.reason for one in told if one.order_id is None)
    shown = _shown(ground)
    return [
        *[Count(f"killed: {name}", number) for name, number in sorted(killed.items())],
        Count("tries beyond the first", sum(one.tries - 1 for one in told)),
        Count("clients told 201", len(good)),
        *[Count(f"clients told {reason}", number) for reason, number in sorted(reasons.items())],
        Count("clients told anything else", sum(n for r, n in reasons.items() if r not in REASONS), 0),
        Count("orders", len(kept), len(good)),
        Count("orders nobody was told of", len(kept.keys() - good.keys()), 0),
        Count("clients told 201 who do not find their order", sum(not _finds(client, one) for one in good.values()), 0),
        Count("orders cancelled that are not", sum(_is_undone(one, kept) for one in good.values()), 0),
        Count(
            "orders whose live view is missing or old",
            sum(shown.get(str(one.id)) != one.version for one in kept.values()),
            0,
        ),
        Count(
            "confirmed orders without a delivery",
            sum(_is_open(one) and one.id not in delivered for one in kept.values()),
            0,
        ),
        Count("coupon uses beyond the limit", max(0, sum(status != "released" for status in uses.values()) - limit), 0),
        Count("coupon uses that are not their order's", _strayed(kept, uses), 0),
    ]


def _finds(client: Client, told: Told) -> bool:
    found = client.insist(f"/orders/{told.order_id}", told.customer)
    return found.status == 200 and found.body["id"] == str(told.order_id)


def _is_undone(told: Told, kept: dict[UUID, _Kept]) -> bool:
    order = kept.get(told.order_id) if told.order_id else None
    return order is not None and (order.status == "cancelled") != told.is_cancelled


def _is_open(order: _Kept) -> bool:
    return order.status == "confirmed"


def _strayed(kept: dict[UUID, _Kept], uses: dict[UUID, str]) -> int:
    """Count uses without a confirmed order that has a coupon, and such orders without their use."""
    due = {order.id for order in kept.values() if order.has_coupon and _is_open(order)}
    return len(due ^ {order_id for order_id, status in uses.items() if status == "confirmed"}) + sum(
        status == "held" for status in uses.values()
    )


def _shown(ground: Ground) -> dict[str, int]:
    """Give the version of each order in the live database."""
    host = ground.settings["FIREBASE_DATABASE_EMULATOR_HOST"]
    people: dict[str, dict[str, Any]] = call(f"http://{host}/orders.json?ns={NAMESPACE}&access_token=owner") or {}
    return {ident: order["version"] for orders in people.values() for ident, order in orders.items()}
