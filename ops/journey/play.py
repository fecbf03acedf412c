"""The journey of an order, told against a running system over HTTP as its clients would: ten steps, each checked."""

import secrets
import time
from collections.abc import Callable

from ops.endpoints import Endpoints
from ops.journey import delivering, ordering, prescribing, shopping
from ops.journey.stage import Stage


def play(system: Endpoints, say: Callable[[str], None] = print) -> int:
    """Play all steps; give the number of checks that held. Raises AssertionError at the first that does not."""
    stage = Stage(system, say)
    started = time.monotonic()
    phone = f"+9198{secrets.randbelow(10**8):08d}"
    with stage.step(1, "A customer signs up by phone; staff sign in"):
        cast = shopping.sign_everybody_in(stage, phone)
    with stage.step(2, "A misspelt brand is found; a prefix suggests; substitutes are cheaper first"):
        medicine = shopping.search(stage)
    with stage.step(3, "An address, and where Plazza delivers"):
        address = shopping.add_addresses(stage, cast.customer)
    with stage.step(4, "A photographed prescription is read, and a pharmacist approves it"):
        prescribed = prescribing.read_and_approve(stage, cast)
    with stage.step(5, "A quote with a coupon, and the order at the same price, placed twice and made once"):
        order = ordering.place(stage, cast, address, medicine, prescribed)
    with stage.step(6, "Payment: Checkout and two webhooks out of order settle it once"):
        ordering.pay(stage, cast, order)
        ordering.see_it_confirmed(stage, cast, order, phone)
    with stage.step(7, "The store packs, the rider rides, the right code opens the door"):
        delivering.deliver(stage, cast, order, phone)
    with stage.step(8, "What was tracked on the way moves popularity"):
        shopping.track(stage, cast.customer, medicine)
    with stage.step(9, "A second order is cancelled after payment: everything goes back once"):
        ordering.cancel_a_paid_order(stage, cast, address, medicine, phone)
    with stage.step(10, "A sale at the counter takes from the same batches"):
        ordering.sell_at_the_counter(stage, cast, medicine)
    say(f"\nAll {stage.checks} checks held in {time.monotonic() - started:.0f} s.")
    return stage.checks
