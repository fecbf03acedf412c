"""`ops bench orders`: placing orders through a real function process, against the same SQL run bare and against itself under contention."""

import argparse
import itertools
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psycopg
from psycopg import sql as text

from ops.bench import order_size
from ops.bench.environment import describe
from ops.bench.functions import percentile, start_function
from ops.bench.replaying import Said, recording, replay
from ops.bench.round_trips import Relay
from ops.bench.search import Bound
from ops.errors import OpsError
from ops.prove.asking import Client
from ops.prove.ground import Ground, throwaway
from ops.prove.shop import Customer, Shop, once
from ops.results import print_table, result
from ops.stores import ROLE
from plazza.data import sql
from plazza.order.actions.placing import place_order
from plazza.order.models.orders import PlaceOrder

CLIENTS = 8
"""As many as a function has connections: THREADS."""
PRODUCTS, PACKS = 64, 100_000
COUNTED = 20
_ROOMY = {"max_wal_size": "8GB"}  # millions of rows would otherwise write each page anew after every checkpoint
_A_MINUTE = 25  # what one customer may place in a minute, with some to spare


class Trips(NamedTuple):
    """How often a request waits for each database."""

    cockroach: float
    postgres: float


class Figures(NamedTuple):
    """What was measured; the round trips by what was asked for."""

    bare_rate: float
    rate: float
    calm_p95: float
    hot_p95: float
    trips: dict[str, Trips]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the bench's options."""
    parser.add_argument("--orders", type=int, default=400, help="orders in each phase (400)")
    parser.add_argument(
        "--rows", type=int, default=2_000_000, help="orders there are already when they are read (2,000,000)"
    )


def main(options: argparse.Namespace) -> int:
    """Measure, and print each figure beside what it must be."""
    with throwaway(_ROOMY) as ground:
        ground.renew()
        figures = _measure(ground, options.orders)
        sizes, reads = order_size.compare(ground, options.rows)
    print_table([describe()])
    print()
    print_table([_row(figures)])
    print()
    print_table([{"round trips of": name, **trips._asdict()} for name, trips in figures.trips.items()])
    print()
    print_table([{"orders": size.rows, "filled in s": size.fill_sec} for size in sizes])
    print()
    print_table([order_size.row(read) for read in reads])
    print()
    bounds = [*_bounds(figures), *(order_size.bound(read, options.rows) for read in reads)]
    print_table([bound.row() for bound in bounds])
    failing = sum(not bound.holds for bound in bounds)
    return result("bench-orders", ok=not failing, orders=options.orders, bounds=len(bounds), failing=failing)


class _Cart:
    """Carts of one line, each by the next customer."""

    def __init__(self, customers: Sequence[Customer]) -> None:
        self._customers = itertools.cycle(customers)

    def of(self, products: Sequence[UUID], count: int) -> list[tuple[Customer, dict[str, object]]]:
        """Give so many carts, one of each product in turn."""
        turns = itertools.islice(itertools.cycle(products), count)
        return [(customer, _body(customer, product)) for customer, product in zip(self._customers, turns, strict=False)]


def _body(customer: Customer, product: UUID) -> dict[str, object]:
    items = [{"product_id": str(product), "quantity": 1}]
    return {"address_id": str(customer.address_id), "items": items, "payment_method": "razorpay"}


def _measure(ground: Ground, orders: int) -> Figures:
    shop = Shop(ground)
    customers = [shop.customer() for _ in range(4 * orders // _A_MINUTE + 8)]
    products = [shop.product(9_900, batches=(PACKS,)) for _ in range(PRODUCTS)]
    carts = _Cart(customers)
    bare_rate = _bare_rate(ground, carts.of(products, orders))
    plain = Client([start_function(ground.run, "orders", ground.environment("orders"))], 1)
    _place(plain, carts.of(products, 4 * CLIENTS))
    began = time.perf_counter()
    calm = _place(plain, carts.of(products, orders))
    rate = orders / (time.perf_counter() - began)
    hot = _place(plain, carts.of(products[:1], orders))
    trips = _count_trips(ground, shop, carts.of(products, COUNTED + 1))
    return Figures(bare_rate, rate, percentile(calm, 0.95), percentile(hot, 0.95), trips)


def _place(client: Client, carts: Sequence[tuple[Customer, dict[str, object]]]) -> list[float]:
    """Place orders, so many at once as there are clients; gives each one's seconds."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(lambda cart: _post(client, "/orders", *cart), carts))


def _post(client: Client, path: str, customer: Customer, body: dict[str, object]) -> float:
    headers = {"Authorization": f"Bearer {customer.token}", "Content-Type": "application/json"}
    content = json.dumps(body).encode()
    began = time.perf_counter()
    answer = client.ask("POST", path, content, headers | {"Idempotency-Key": uuid4().hex})
    seconds = time.perf_counter() - began
    if answer is None or answer[0] not in {200, 201}:
        raise OpsError(f"POST {path} answered {answer}")
    return seconds


def _bare_rate(ground: Ground, carts: Sequence[tuple[Customer, dict[str, object]]]) -> float:
    """Place orders here, keep what was said to the databases, and say it again to copies made before."""
    sql.close_pools()
    urls = {urlsplit(url).port or 0: url for url in (_copy(ground, part) for part in ("cockroach", "postgres"))}
    changes: list[list[Said]] = []
    for customer, body in carts:
        said: list[Said] = []
        with recording(said):
            place_order(
                customer.caller,
                once(customer.caller),
                PlaceOrder.model_validate(body | {"address_id": customer.address_id}),
            )
        changes.append(said)
    return replay(changes, urls, CLIENTS)


def _copy(ground: Ground, part: str) -> str:
    """Copy a database that nobody uses in this moment; gives the copy's URL."""
    variable = {"cockroach": "COCKROACH_DB_URL", "postgres": "POSTGRES_URL"}[part]
    url = ground.settings[variable]
    name = url.rpartition("/")[2]
    with psycopg.connect(ground.servers[part].url, autocommit=True) as connection:
        command = text.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
        connection.execute(
            command.format(text.Identifier(f"{name}_bare"), text.Identifier(ROLE), text.Identifier(name))
        )
        isolate = text.SQL("ALTER DATABASE {} SET default_transaction_isolation = 'serializable'")
        connection.execute(isolate.format(text.Identifier(f"{name}_bare")))
    return f"{url}_bare"


def _count_trips(ground: Ground, shop: Shop, plain: Sequence[tuple[Customer, dict[str, object]]]) -> dict[str, Trips]:
    """Count the round trips of a process that has its connections already."""
    variables = {"COCKROACH_DB_URL": "cockroach", "POSTGRES_URL": "postgres"}
    relays = {variable: Relay(ground.servers[part].port) for variable, part in variables.items()}
    urls = {variable: relay.url(ground.settings[variable]) for variable, relay in relays.items()}
    client = Client([start_function(ground.run, "orders", ground.environment("orders") | urls)], 2)

    def counted(path: str, carts: Sequence[tuple[Customer, dict[str, object]]]) -> Trips:
        before: list[int] = []
        for customer, body in carts:
            _post(client, path, customer, body)
            before = before or [relay.count for relay in relays.values()]  # the first is not counted
        return Trips(*((relay.count - was) / COUNTED for relay, was in zip(relays.values(), before, strict=True)))

    coupon = shop.coupon(100, uses=PACKS)
    medicine = shop.product(9_900, batches=(PACKS,), needs_prescription=True)
    prescribed = [
        (customer, _body(customer, medicine) | {"prescription_id": str(shop.prescription(customer, medicine, 1))})
        for customer, _ in plain
    ]
    trips = {
        "an order": counted("/orders", plain),
        "an order with a coupon": counted("/orders", [(one, body | {"coupon_codes": [coupon]}) for one, body in plain]),
        "an order by prescription": counted("/orders", prescribed),
        "a quote": counted("/orders/quote", [(one, _without_payment(body)) for one, body in plain]),
    }
    for relay in relays.values():
        relay.stop()
    return trips


def _without_payment(body: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in body.items() if name != "payment_method"}


def _row(figures: Figures) -> dict[str, object]:
    return {
        "bare orders/s": figures.bare_rate,
        "orders/s": figures.rate,
        "calm p95 ms": figures.calm_p95 * 1000,
        "hot p95 ms": figures.hot_p95 * 1000,
        "clients": CLIENTS,
    }


def _bounds(figures: Figures) -> list[Bound]:
    return [
        Bound("orders/s through a function to the same SQL bare", figures.rate / figures.bare_rate, least=0.3),
        Bound("p95 of all for one product to p95 of each for its own", figures.hot_p95 / figures.calm_p95, most=5),
        *(
            Bound(f"round trips of {name} to CockroachDB", trips.cockroach, most=6)
            for name, trips in figures.trips.items()
            if name.startswith("an order")
        ),
        Bound("round trips of a quote to CockroachDB", figures.trips["a quote"].cockroach, most=2),
        Bound("round trips of a quote to PostgreSQL", figures.trips["a quote"].postgres, most=1),
    ]
