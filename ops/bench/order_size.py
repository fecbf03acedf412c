"""How long it takes to read orders with years of them behind it, beside a young shop's: a function for each, asked in turns."""

import itertools
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from uuid import uuid4

from ops.bench.functions import Asked, alternate, ask_all, percentile, start_function
from ops.bench.order_history import OF_THE_REGULAR, History, fill
from ops.bench.search import Bound
from ops.prove.ground import Ground
from ops.prove.shop import Shop, id_token
from plazza.http import paging
from plazza.identity import STORE_ROLES, Role

SMALL = 10_000
_ROUNDS, _READS = 64, 2
_PLACE = """
    SELECT created_at, id FROM orders WHERE (%(uid)s::TEXT IS NULL OR uid = %(uid)s) AND (%(store)s::UUID IS NULL OR store_id = %(store)s)
     ORDER BY created_at DESC, id OFFSET %(skip)s LIMIT 1"""


class Size(NamedTuple):
    """A shop of so many orders, how long filling it took, and its reads by name."""

    rows: int
    fill_sec: float
    reads: Mapping[str, Sequence[Asked]]


class Read(NamedTuple):
    """A read's median, in seconds, at both sizes."""

    what: str
    small: float
    large: float


def compare(ground: Ground, rows: int) -> tuple[list[Size], list[Read]]:
    """Fill two databases, read both in turns; gives the sizes and the reads."""
    sizes = [_size(ground, count) for count in (SMALL, rows)]
    for one in sizes:  # the first of each opens its connections and has its plans made
        for asked in one.reads.values():
            ask_all(asked[:_READS])
    reads: list[Read] = []
    for what in sizes[0].reads:
        small, large = alternate(_ROUNDS, *(_phase(one.reads[what]) for one in sizes))
        reads.append(Read(what, percentile(small, 0.5), percentile(large, 0.5)))
    return sizes, reads


def _phase(asked: Sequence[Asked]) -> Callable[[], list[float]]:
    rest = iter(asked)
    return lambda: ask_all(list(itertools.islice(rest, _READS)))


def row(read: Read) -> dict[str, object]:
    """Give a read as a row of a table."""
    return {"read": read.what, f"ms at {SMALL}": read.small * 1000, "ms at all": read.large * 1000}


def bound(read: Read, rows: int) -> Bound:
    """Give what is promised of a read."""
    return Bound(f"{read.what}: p50 at {rows} orders to {SMALL}", read.large / read.small, most=1.5)


def _size(ground: Ground, rows: int) -> Size:
    ground.renew()
    shop = Shop(ground)
    products = [shop.product(9_900, batches=(100,)) for _ in range(2)]
    began = time.monotonic()
    with ground.admin("cockroach") as connection:
        connection.execute("SET session_replication_role = replica")  # the keys of millions of rows need no looking up
        history = fill(connection, shop.store_id, products, rows)
        connection.execute("VACUUM (ANALYZE) orders, order_items, order_events")
        connection.execute("CHECKPOINT")  # now, and not among the reads
    fill_sec = time.monotonic() - began
    url = start_function(ground.run, "orders", ground.environment("orders"))
    return Size(rows, fill_sec, _reads(ground, url, history))


def _reads(ground: Ground, url: str, history: History) -> dict[str, list[Asked]]:
    middle, late = history.rows // 2, OF_THE_REGULAR * 9 // 10
    lists = {
        "a customer's history": (Role.CUSTOMER, "history", ""),
        f"a customer's history after {late}": (Role.CUSTOMER, "history", _cursor(ground, late, uid=history.regular)),
        "a store's history": (Role.STORE_STAFF, "history", ""),
        "a store's history from its middle": (
            Role.STORE_STAFF, "history", _cursor(ground, middle // 8, store=history.store_id),
        ),
        "all orders": (Role.SUPPORT, "history", ""),
        "all orders from their middle": (Role.SUPPORT, "history", _cursor(ground, middle)),
        "all confirmed orders": (Role.SUPPORT, "history", "&status=confirmed"),
        "a store's board": (Role.STORE_STAFF, "board", ""),
    }  # fmt: skip
    reads = {
        what: [Asked(f"{url}/orders/{path}?limit=20{more}", token=_token(role, history))] * (_ROUNDS * _READS)
        for what, (role, path, more) in lists.items()
    }
    token = _token(Role.SUPPORT, history)
    return reads | {"an order": [Asked(f"{url}/orders/{ident}", token=token) for ident in _some(ground, history)]}


def _token(role: Role, history: History) -> str:
    """Give the token of the regular, or of a person of staff that no other read counts against a limit."""
    if role == Role.CUSTOMER:
        return id_token(history.regular)
    store = {"store_id": str(history.store_id)} if role in STORE_ROLES else {}
    return id_token(f"staff{uuid4().hex[:12]}", role=role.value, **store)


def _cursor(ground: Ground, skip: int, **of: object) -> str:
    with ground.admin("cockroach") as connection:
        row = connection.execute(_PLACE, {"uid": None, "store": None, "skip": skip} | of).fetchall()[0]
    return f"&cursor={paging.encode(row[0].isoformat(), str(row[1]))}"


def _some(ground: Ground, history: History) -> list[str]:
    dice = random.Random(history.rows)  # noqa: S311 -- no secret
    numbers = [f"PLZ-{dice.randrange(1, history.rows + 1)}" for _ in range(_ROUNDS * _READS)]
    with ground.admin("cockroach") as connection:
        return [
            str(ident)
            for (ident,) in connection.execute("SELECT id FROM orders WHERE number = ANY(%s)", (numbers,)).fetchall()
        ]
