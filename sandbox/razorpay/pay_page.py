"""The page on which a person pays a Razorpay order of the sandbox in a browser."""

from typing import Any, Final

from flask import Blueprint, render_template, request

from sandbox.razorpay import checkout, ledger
from sandbox.razorpay.errors import RazorpayError
from sandbox.state import State

BUTTONS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "upi": ("Pay by UPI", {"method": "upi"}),
    "card": ("Pay by card", {"method": "card"}),
    "fail": ("Fail", {"method": "upi", "outcome": "failed"}),
    "authorise": ("Authorise only", {"method": "card", "outcome": "authorized"}),
    "late": ("Pay late", {"method": "upi", "outcome": "late_authorized"}),
}


def rupees(paise: int) -> str:
    """Return an amount as people in India write it: ₹1,23,456.00."""
    whole, rest = divmod(abs(paise), 100)
    head, tail = str(whole)[:-3], str(whole)[-3:]
    groups: list[str] = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return f"{'-' if paise < 0 else ''}₹{','.join([*groups, tail])}.{rest:02d}"


def callback_url() -> str:
    """Return where the page may send its result: an http address from the query, else nothing."""
    given = request.args.get("callback_url", "")
    return given if given.startswith(("http://", "https://")) else ""


def routes(pages: Blueprint, state: State) -> None:
    """Register the page and what its buttons do."""

    @pages.get("/pay/<order_id>")
    def show(order_id: str) -> str:
        return shown(state, order_id, None, "")

    @pages.post("/pay/<order_id>")
    def press(order_id: str) -> tuple[str, int]:
        _, wanted = BUTTONS.get(request.form.get("button", ""), ("", {"outcome": "unknown"}))
        try:
            return shown(state, order_id, checkout.pay(state, order_id, wanted), ""), 200
        except RazorpayError as problem:
            return shown(state, order_id, None, problem.description), problem.status


def shown(state: State, order_id: str, result: dict[str, Any] | None, problem: str) -> str:
    """Return the page of an order as it is now."""
    order = ledger.load(state, "order", order_id)
    payments = [ledger.load(state, "pay", key) for key in order["_payments"]]
    return render_template(
        "pay.html",
        order=order,
        payments=payments,
        result=result,
        problem=problem,
        buttons=BUTTONS,
        rupees=rupees,
        callback_url=callback_url(),
        settings=ledger.settings(state),
    )
