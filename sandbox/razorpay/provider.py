"""Razorpay as the sandbox's application sees it: its HTTP, its control calls, its tables on the panel."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox.providers import Link, Panel
from sandbox.razorpay import api, checkout, checks, disputes, errors, ledger, pay_page, refunds
from sandbox.razorpay.errors import RazorpayError
from sandbox.razorpay.events import public
from sandbox.razorpay.pay_page import rupees
from sandbox.state import State

SHOWN = 50


def blueprint(state: State) -> Blueprint:
    """Return Razorpay's HTTP: the API and the payment page."""
    refunds.forget_running(state)
    timers(state)
    whole = Blueprint("razorpay", __name__, url_prefix="/razorpay")
    whole.register_error_handler(RazorpayError, errors.answer)
    calls = Blueprint("v1", __name__, url_prefix="/v1")
    api.routes(calls, state)
    pay_page.routes(whole, state)
    whole.register_blueprint(calls)
    return whole


def timers(state: State) -> None:
    """Register what happens later: late answers of banks, finished refunds, uncaptured payments."""
    state.timers.on("razorpay_fail", lambda args: fail_by_time(state, args))
    state.timers.on("razorpay_authorize", lambda args: checkout.authorize_late(state, args["id"]))
    state.timers.on("razorpay_refund", lambda args: refunds.bank_confirms(state, args["id"]))
    state.timers.on("razorpay_uncaptured", lambda args: refunds.return_uncaptured(state, args["id"]))


def fail_by_time(state: State, args: dict[str, Any]) -> None:
    """Let a payment fail for which no bank answered."""
    ledger.fail(state, args["id"], "payment_timed_out")


def control(state: State) -> Blueprint:
    """Return Razorpay's control calls."""
    pages = Blueprint("razorpay_control", __name__, url_prefix="/_sandbox/razorpay")
    pages.register_error_handler(RazorpayError, errors.answer)

    @pages.post("/orders/<order_id>/pay")
    def pay(order_id: str) -> Response:
        return jsonify(checkout.pay(state, order_id, api.body()))

    @pages.post("/refunds/<refund_id>")
    def finish(refund_id: str) -> Response:
        wanted = api.body()
        checks.only(wanted, "status")
        if wanted.get("status") not in ("processed", "failed"):
            raise RazorpayError("status must be processed or failed")
        return jsonify(public(refunds.finish(state, refund_id, wanted["status"])))

    @pages.post("/payments/<payment_id>/dispute")
    def dispute(payment_id: str) -> Response:
        return jsonify(public(disputes.raise_event(state, payment_id, api.body())))

    @pages.route("/settings", methods=["GET", "PUT"])
    def account() -> Response:
        if request.method == "PUT":
            change_settings(state, api.body())
        return jsonify(ledger.settings(state))

    return pages


def change_settings(state: State, wanted: dict[str, Any]) -> None:
    """Change how the account behaves."""
    checks.only(wanted, *ledger.DEFAULTS)
    for name, value in wanted.items():
        choices = {"refund_status": ("processed", "pending"), "capture": ("automatic", "manual")}.get(name)
        if choices is not None and value not in choices:
            raise RazorpayError(f"{name} must be one of {', '.join(choices)}")
        if choices is None and (type(value) is not int or not 0 <= value <= 864_000):
            raise RazorpayError(f"{name} must be a whole number from 0 to 864000")
    if wanted.get("refund_ms", 0) > 20_000:
        raise RazorpayError("refund_ms is at most 20000")
    with state.lock:
        state.put("razorpay_settings", "account", ledger.settings(state) | wanted)


def panel(state: State) -> list[Panel]:
    """Return Razorpay's tables: the latest orders, payments, refunds and disputes."""
    orders = [entity for _, entity in state.latest(ledger.KINDS["order"], SHOWN)]
    payments = [entity for _, entity in state.latest(ledger.KINDS["pay"], SHOWN)]
    given = [entity for _, entity in state.latest(ledger.KINDS["rfnd"], SHOWN)]
    raised = [entity for _, entity in state.latest(ledger.KINDS["disp"], SHOWN)]
    return [
        Panel(
            "Razorpay orders",
            ("order", "receipt", "amount", "paid", "status", "page"),
            [
                (o["id"], o["receipt"] or "", rupees(o["amount"]), rupees(o["amount_paid"]), o["status"], pay_link(o))
                for o in orders
            ],
        ),
        Panel(
            "Razorpay payments",
            ("payment", "order", "amount", "method", "status", "given back"),
            [
                (p["id"], p["order_id"], rupees(p["amount"]), p["method"], p["status"], rupees(p["amount_refunded"]))
                for p in payments
            ],
        ),
        Panel(
            "Razorpay refunds",
            ("refund", "payment", "amount", "status"),
            [(r["id"], r["payment_id"], rupees(r["amount"]), r["status"]) for r in given],
        ),
        Panel(
            "Razorpay disputes",
            ("dispute", "payment", "amount", "phase", "status"),
            [(d["id"], d["payment_id"], rupees(d["amount"]), d["phase"], d["status"]) for d in raised],
        ),
    ]


def pay_link(order: dict[str, Any]) -> Link:
    """Return the link to an order's payment page."""
    return Link("pay" if order["status"] != "paid" else "open", f"/razorpay/pay/{order['id']}")
