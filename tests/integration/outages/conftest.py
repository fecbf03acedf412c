"""A customer's whole way, and wires to the parts behind it.

A wire is cut while connections are open: refused (the part died) or silent (it hangs).
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest

from ops import mappings
from plazza.data import answers, cache, rtdb
from tests.integration.order.conftest import Shop
from tests.support import auth
from tests.support.auth import People
from tests.support.catalogue import new_brand, sell
from tests.support.client import Answer, Client
from tests.support.database import Builders, Database
from tests.support.outbox import deliver_lane
from tests.support.razorpay import Razorpay
from tests.support.servers import Servers
from tests.support.wire import Wire, wire

ANSWER_SEC = 8.0
"""What the slowest answer may take while a part is away, on a busy machine; without limits a silent part takes minutes."""
CUTS: dict[str, Callable[[Wire], None]] = {"refuses": Wire.refuse, "is silent": Wire.hush}
either = pytest.mark.parametrize("cut", list(CUTS))

Lay = Callable[[str], Wire]


class Played(NamedTuple):
    """What the columns answered; a step that could not be tried is None."""

    search: Answer
    quote: Answer
    order: Answer
    create: Answer
    verify: Answer | None
    track: Answer
    more: list[Answer]

    @property
    def statuses(self) -> dict[str, int | None]:
        """Give what each column answered."""
        columns = (self.search, self.quote, self.order, self.create, self.verify, self.track)
        return {name: answer and answer.status_code for name, answer in zip(ALL_WORK, columns, strict=True)}


ALL_WORK = {"search": 200, "quote": 200, "order": 201, "create": 201, "verify": 200, "track": 200}


class Journey:
    """A customer with one order that waits to be paid, in a shop of its own."""

    def __init__(self, shop: Shop, razorpay: Razorpay) -> None:
        self.shop, self.api, self.db, self.razorpay = shop, shop.api, shop.db, razorpay
        self.word = new_brand()
        self.product = sell(self.api, f"{self.word} 500mg Tablet")
        shop.make.batch(shop.store, self.product)
        placed = shop.place(self.product, payment_method="razorpay")
        assert placed.status_code == 201, placed.json
        self.unpaid: str = placed.json["id"]
        deliver_lane(self.db, self.unpaid)
        assert self.search().json["items"], "the wires are warm, and the product is found"

    def search(self) -> Answer:
        answers.forget("catalogue")  # a kept answer would hide that a part is away
        return self.api.post("/products/search", {"q": self.word}, role=None)

    def create(self) -> Answer:
        return self.api.post("/payments/create", {"order_id": self.unpaid}, uid=self.shop.uid, key=f"pay-{self.unpaid}")

    def paid(self, created: Answer) -> dict[str, str]:
        """Pay in Checkout; gives what it hands over."""
        paid = self.razorpay.pay(created.json["razorpay_order_id"])
        return {name: paid[name] for name in ("razorpay_order_id", "razorpay_payment_id", "razorpay_signature")}

    def verify(self, handed: dict[str, str]) -> Answer:
        return self.api.post("/payments/verify", handed, uid=self.shop.uid)

    def track(self, order: str | None = None) -> Answer:
        return self.api.get(f"/orders/{order or self.unpaid}", uid=self.shop.uid)

    def live(self, order: str) -> Any:
        """Give what the customer's app sees of an order."""
        return rtdb.get(f"orders/{self.shop.uid}/{order}/status")

    def play(self, *more: Callable[[], Answer], coupon_codes: Sequence[str] = (), **order: Any) -> Played:
        """Do everything at once, `more` as well, each within its time."""
        coupon = {"coupon_codes": list(coupon_codes)}

        def pay() -> tuple[Answer, Answer | None]:
            created = self.create()
            return created, self.verify(self.paid(created)) if created.status_code == 201 else None

        steps = (
            self.search,
            lambda: self.shop.quote(self.product, **coupon),
            lambda: self.shop.place(self.product, **coupon, **order),
            pay,
            self.track,
            *more,
        )

        def timed(step: Callable[[], Any]) -> Any:
            started = time.monotonic()
            answer = step()
            assert time.monotonic() - started < ANSWER_SEC
            return answer

        with ThreadPoolExecutor(len(steps)) as people:
            found, quote, placed, (create, verify), track, *others = people.map(timed, steps)
        return Played(found, quote, placed, create, verify, track, others)


def is_away(answer: Answer | None) -> bool:
    """Tell whether an answer is the documented one for a part that is away."""
    assert answer is not None
    assert "Traceback" not in answer.content.decode()
    return (answer.status_code, answer.json["code"]) == (503, "SERVICE_UNAVAILABLE") and int(
        answer.headers["Retry-After"]
    ) > 0


@pytest.fixture
def lay(monkeypatch: pytest.MonkeyPatch, engine: str) -> Iterator[Lay]:
    """Put a wire before what a setting names, before anything of the test connects."""
    monkeypatch.setattr(cache, "STAY_AWAY_SEC", 0.5)  # other tests' limits are counted again soon
    with ExitStack() as wires:

        def put(setting: str) -> Wire:
            whole = os.environ[setting]
            laid = wires.enter_context(wire(whole if "//" in whole else f"//{whole}"))
            monkeypatch.setenv(setting, laid.url if "//" in whole else laid.url.removeprefix("//"))
            return laid

        yield put


@pytest.fixture
def begin(engine: str, api: Client, db: Database, make: Builders, parts: Servers) -> Callable[[], Journey]:
    """Begin a journey, once the wires are laid."""
    mappings.create(engine)
    there = Razorpay(parts.sandbox_url)
    return lambda: Journey(Shop(api, db, make), there)


@pytest.fixture(scope="session")
def people(parts: Servers) -> People:
    """Accounts in the auth emulator, and files in that of Storage."""
    return auth.start(parts)
