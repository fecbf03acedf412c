"""`ops prove last-strip`: many people check out at once for one strip and one coupon use, through real function processes.

The strip needs a prescription, and everybody has one; two of three have the coupon's code too. Commits fail with 40001 at random,
and whoever is told to come back (503, 429) does so with the same Idempotency-Key, as an app would.
"""

import argparse
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from uuid import UUID

from ops.bench.functions import launch_function, wait_for
from ops.prove import faults
from ops.prove.asking import Answer, Client
from ops.prove.balances import recompute
from ops.prove.ground import Ground
from ops.prove.report import Count, Outcome
from ops.prove.running import run
from ops.prove.shop import Customer, Shop

REASONS = {"OUT_OF_STOCK", "USED_UP"}
"""What a loser may be told: the strip is gone, or the coupon's use is."""

_PRICE_PAISE, _OFF_PAISE = 30_000, 5_000


class Checkout(NamedTuple):
    """Somebody who wants the strip, and the body they send."""

    customer: Customer
    body: dict[str, object]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the proof's options."""
    parser.add_argument("--checkouts", type=int, default=200, help="how many people want the strip (200)")
    parser.add_argument("--instances", type=int, default=2, help="processes of the function `orders` (2)")
    parser.add_argument("--again", type=float, default=0.3, help="share of the commits that fail with 40001 (0.3)")
    parser.add_argument("--seed", type=int, help="what the dice begin with; printed, to repeat a run")
    parser.add_argument(
        "--break", dest="broken", choices=["stock"], help="the database forgets reservations: the proof must then fail"
    )


def main(options: argparse.Namespace) -> int:
    """Prove it; exit 0 when one order was made and nothing was left behind."""

    def work(ground: Ground, seed: int) -> Outcome:
        return prove(ground, seed, options.checkouts, options.instances, options.again, options.broken)

    return run("last-strip", options.seed, work, checkouts=options.checkouts)


def prove(
    ground: Ground, seed: int, checkouts: int, instances: int, again: float, broken: str | None = None
) -> Outcome:
    """Let them all check out at once, and count what came of it."""
    ground.renew()
    dice = random.Random(seed)  # noqa: S311 -- no secret
    shop = Shop(ground)
    strip = shop.product(_PRICE_PAISE, batches=(1,), needs_prescription=True)
    code = shop.coupon(_OFF_PAISE, uses=1)
    wanted = [_checkout(shop, strip, code if number % 3 else None) for number in range(checkouts)]
    dice.shuffle(wanted)
    if broken == "stock":
        with ground.admin("cockroach") as connection:
            faults.before_row(connection, "UPDATE", "inventory_batches", "NEW.reserved := OLD.reserved; RETURN NEW;")
    faults.say_again(ground, again)
    started = [launch_function(ground.run, "orders", ground.environment("orders")) for _ in range(instances)]
    for instance in started:
        wait_for(ground.run, instance)
    client = Client([instance.url for instance in started], seed)
    with ThreadPoolExecutor(checkouts) as crowd:
        answers = list(crowd.map(lambda one: client.insist("/orders", one.customer, one.body), wanted))
    for instance in started:
        ground.run.forget(instance.child)
    return Outcome(_count(ground, answers), recompute(ground))


def _checkout(shop: Shop, strip: UUID, code: str | None) -> Checkout:
    customer = shop.customer()
    body: dict[str, object] = {
        "items": [{"product_id": str(strip), "quantity": 1}],
        "address_id": str(customer.address_id),
        "payment_method": "cod",
        "prescription_id": str(shop.prescription(customer, strip, 1)),
    }
    return Checkout(customer, body | ({"coupon_codes": [code]} if code else {}))


def _count(ground: Ground, answers: list[Answer]) -> list[Count]:
    told = Counter(answer.reason for answer in answers if answer.status != 201)
    made = [answer for answer in answers if answer.status == 201]
    with_coupon = sum(bool(answer.body.get("coupon_codes")) for answer in made)
    counts = [
        Count("checkouts that were answered 201", len(made), 1),
        *[Count(f"checkouts that were answered {reason}", number) for reason, number in sorted(told.items())],
        Count("checkouts that were answered anything else", sum(n for r, n in told.items() if r not in REASONS), 0),
        Count("requests that were told to come back", sum(answer.tries - 1 for answer in answers)),
        Count("commits that failed with 40001", faults.said_again(ground)),
    ]
    with ground.admin("cockroach") as connection:
        for what, query, must_be in (
            ("orders", b"SELECT count(*) FROM orders", 1),
            ("packs reserved", b"SELECT sum(reserved)::INT8 FROM inventory_batches", 1),
            ("packs held by orders", b"SELECT coalesce(sum(quantity), 0)::INT8 FROM order_batches", 1),
            ("prescription packs used", b"SELECT sum(used_packs)::INT8 FROM prescription_items", 1),
        ):
            counts.append(Count(what, connection.execute(query).fetchall()[0][0], must_be))
    with ground.admin("postgres") as connection:
        rows = connection.execute("SELECT count(*) FROM coupon_redemptions WHERE status <> 'released'").fetchall()
        counts.append(Count("coupon uses held or confirmed", rows[0][0], with_coupon))
    return counts
