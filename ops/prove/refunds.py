"""`ops prove refunds`: whatever is given back of an order, in whatever order, adds up to what was paid, and moves no price.

Hypothesis makes up the sequences, and shortens one that fails to the least that still does. They are made of what there is: packs taken
out before the packing and brought back after the delivery; refunds by staff, also at the same moment; a cancelled order; banks that refuse
late; calls whose answers are lost. The credit notes of an order never come to more than its invoice, and to all of it in the end.
"""

import argparse
import io
from collections import Counter
from contextlib import redirect_stdout
from typing import LiteralString

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as begin_with
from hypothesis import strategies as st

from ops.prove import faults
from ops.prove.balances import recompute
from ops.prove.bank import Bank
from ops.prove.ground import Ground
from ops.prove.refund_case import (
    AT_ONCE,
    LONGEST,
    Break,
    Cancel,
    Case,
    Deliver,
    Drop,
    Fail,
    Give,
    GiveAllBut,
    Operation,
    Return,
)
from ops.prove.refund_papers import Wrong
from ops.prove.report import Count, Outcome
from ops.prove.running import run
from ops.prove.shop import Shop
from plazza.payment.models import LEAST_REFUND_PAISE

_BROKEN: dict[str, tuple[LiteralString, LiteralString, LiteralString]] = {
    "paisa": ("INSERT", "refunds", "NEW.amount_paise := NEW.amount_paise - 1; RETURN NEW;"),
    "note": ("INSERT", "credit_notes", "NEW.total_paise := NEW.total_paise - 1; RETURN NEW;"),
    "tax": ("INSERT", "credit_notes", "NEW.tax_paise := NEW.tax_paise + 1; RETURN NEW;"),
    "price": ("UPDATE", "order_units", "NEW.fee_paise := NEW.fee_paise + 1; RETURN NEW;"),
}
_MONEY = st.one_of(
    st.lists(st.integers(LEAST_REFUND_PAISE, 60_000), min_size=1, max_size=AT_ONCE).map(
        lambda amounts: Give(tuple(amounts))
    ),
    st.integers(0, 2 * LEAST_REFUND_PAISE).map(GiveAllBut),
    st.integers(0, 9).map(Fail),
    st.sampled_from(("status", "drop", "act_then_drop", "act_then_status")).map(Break),
)
_DROPS = st.builds(Drop, st.integers(1, 3), st.integers(0, 2), st.booleans())
_RETURNS = st.builds(Return, st.integers(1, 3), st.integers(1, 2))
_ANYTHING = st.lists(
    st.one_of(_MONEY, _DROPS, _RETURNS, st.just(Deliver()), st.just(Cancel())), min_size=1, max_size=LONGEST
)
# Of what comes in any order little is possible: most of what comes back was delivered first.
_DELIVERED = st.builds(
    lambda before, after: [*before, Deliver(), *after],
    st.lists(st.one_of(_MONEY, _DROPS), max_size=3),
    st.lists(st.one_of(_MONEY, _RETURNS, _RETURNS), min_size=1, max_size=LONGEST - 4),
)
_HISTORIES: st.SearchStrategy[list[Operation]] = st.one_of(_ANYTHING, _DELIVERED)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the proof's options."""
    parser.add_argument("--sequences", type=int, default=1000, help="how many sequences (1000)")
    parser.add_argument("--seed", type=int, help="what the dice begin with; printed, to repeat a run")
    parser.add_argument(
        "--break", dest="broken", choices=list(_BROKEN),
        help="each refund or credit note is written a paisa short, its tax one too high, or what goes gets dearer: the proof must then fail",
    )  # fmt: skip
    parser.add_argument(
        "--as-found", action="store_true", help="tell the first sequence that fails as it is, sooner, not the least one"
    )


def main(options: argparse.Namespace) -> int:
    """Prove it; exit 0 when everything added up."""

    def work(ground: Ground, seed: int) -> Outcome:
        with redirect_stdout(io.StringIO()):  # Razorpay's SDK prints each call that was broken
            return prove(ground, seed, options.sequences, options.broken, as_found=options.as_found)

    return run("refunds", options.seed, work, sequences=options.sequences)


def prove(ground: Ground, seed: int, sequences: int, broken: str | None = None, *, as_found: bool = False) -> Outcome:
    """Try so many sequences, or until one does not add up, which is then shortened unless it is wanted as found."""
    ground.renew()
    shop, bank, done = Shop(ground), Bank(ground.sandbox_url), Counter[str]()
    customer = shop.customer()
    products = [shop.product(price, batches=(100_000,)) for price in (1_733, 4_999, 12_001)]
    code = shop.coupon(1_111, uses=1_000_000)
    if broken:
        with ground.admin("cockroach") as connection:
            faults.before_row(connection, *_BROKEN[broken])

    @begin_with(seed)
    @settings(
        max_examples=sequences, deadline=None, database=None, phases=(Phase.generate,) if as_found else (Phase.generate, Phase.shrink),
        report_multiple_bugs=False, suppress_health_check=[HealthCheck.too_slow],
    )  # fmt: skip
    @given(st.lists(st.integers(1, 3), min_size=3, max_size=3), st.booleans(), _HISTORIES)
    def adds_up(packs: list[int], with_coupon: bool, operations: list[Operation]) -> None:  # noqa: FBT001 -- drawn
        done["sequences"] += 1
        wanted, codes = dict(zip(products, packs, strict=True)), [code] if with_coupon else []
        Case(bank, shop, customer, wanted, codes, done).play(operations)

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
