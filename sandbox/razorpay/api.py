"""Razorpay's HTTP API under `/razorpay/v1`: who may call, and which call does what."""

import hmac
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox.razorpay import checks, disputes, ledger, refunds
from sandbox.razorpay.errors import RazorpayError
from sandbox.razorpay.events import public
from sandbox.state import State


def body() -> dict[str, Any]:
    """Return the request's JSON object; an empty body is an empty object."""
    if not request.get_data(cache=True):
        return {}
    value = request.get_json(silent=True)
    if isinstance(value, list) and not value:
        return {}
    if not isinstance(value, dict):
        raise RazorpayError("The request body is not valid JSON.")
    return value


def check_caller(state: State) -> None:
    """Refuse whoever does not show the key pair."""
    given = request.authorization
    known, secret = state.config.razorpay_key_id, state.config.razorpay_key_secret
    if given is None or given.type != "basic":
        raise RazorpayError("Please provide your api key for authentication purposes.", status=401)
    matches = [
        hmac.compare_digest((a or "").encode(), b.encode())
        for a, b in ((given.username, known), (given.password, secret))
    ]
    if not all(matches):
        raise RazorpayError("Authentication failed", status=401)


def routes(api: Blueprint, state: State) -> None:
    """Register the API's calls."""

    @api.before_request
    def authenticate() -> None:
        check_caller(state)

    order_routes(api, state)
    payment_routes(api, state)
    refund_routes(api, state)
    dispute_routes(api, state)

    @api.route("/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def unknown(rest: str) -> Response:
        raise RazorpayError(f"The requested URL was not found on the server: {rest[:200]}", status=404)


def order_routes(api: Blueprint, state: State) -> None:
    """Orders."""

    @api.post("/orders")
    def create_order() -> Response:
        return jsonify(public(ledger.create_order(state, body())))

    @api.get("/orders")
    def list_orders() -> Response:
        args = request.args.to_dict()
        equal = {"receipt": args["receipt"]} if "receipt" in args else {}
        return jsonify(ledger.page(state, "order", args, **equal))

    @api.get("/orders/<order_id>")
    def read_order(order_id: str) -> Response:
        return jsonify(public(ledger.load(state, "order", order_id)))

    @api.patch("/orders/<order_id>")
    def edit_order(order_id: str) -> Response:
        return edit_notes(state, "order", order_id)

    @api.get("/orders/<order_id>/payments")
    def list_order_payments(order_id: str) -> Response:
        order = ledger.load(state, "order", order_id)
        return jsonify(ledger.collection([ledger.load(state, "pay", key) for key in reversed(order["_payments"])]))


def edit_notes(state: State, prefix: str, key: str) -> Response:
    """Replace an object's notes, the one thing that can be edited."""
    change = body()
    checks.only(change, "notes")
    with state.lock:
        entity = ledger.load(state, prefix, key)
        entity["notes"] = checks.notes(change)
        ledger.save(state, entity)
    return jsonify(public(entity))


def payment_routes(api: Blueprint, state: State) -> None:
    """Payments and their capture."""

    @api.get("/payments")
    def list_payments() -> Response:
        return jsonify(ledger.page(state, "pay", request.args.to_dict()))

    @api.get("/payments/<payment_id>")
    def read_payment(payment_id: str) -> Response:
        return jsonify(public(ledger.load(state, "pay", payment_id)))

    @api.patch("/payments/<payment_id>")
    def edit_payment(payment_id: str) -> Response:
        return edit_notes(state, "pay", payment_id)

    @api.post("/payments/<payment_id>/capture")
    def capture(payment_id: str) -> Response:
        given = body()
        checks.only(given, "amount", "currency")
        amount = checks.amount(given)
        checks.currency(given)
        return jsonify(public(ledger.capture(state, payment_id, amount)))


def refund_routes(api: Blueprint, state: State) -> None:
    """Refunds."""

    @api.post("/payments/<payment_id>/refund")
    def refund(payment_id: str) -> Response:
        key = request.headers.get("X-Refund-Idempotency")
        return jsonify(public(refunds.refund(state, payment_id, body(), key)))

    @api.post("/refunds")
    def refund_by_body() -> Response:
        given = body()
        payment_id = str(given.pop("payment_id", ""))
        key = request.headers.get("X-Refund-Idempotency")
        return jsonify(public(refunds.refund(state, payment_id, given, key)))

    @api.get("/payments/<payment_id>/refunds")
    def list_payment_refunds(payment_id: str) -> Response:
        ledger.load(state, "pay", payment_id)
        return jsonify(ledger.page(state, "rfnd", request.args.to_dict(), payment_id=payment_id))

    @api.get("/payments/<payment_id>/refunds/<refund_id>")
    def read_payment_refund(payment_id: str, refund_id: str) -> Response:
        found = ledger.load(state, "rfnd", refund_id)
        if found["payment_id"] != payment_id:
            raise RazorpayError("The id provided does not exist")
        return jsonify(public(found))

    @api.get("/refunds")
    def list_refunds() -> Response:
        return jsonify(ledger.page(state, "rfnd", request.args.to_dict()))

    @api.get("/refunds/<refund_id>")
    def read_refund(refund_id: str) -> Response:
        return jsonify(public(ledger.load(state, "rfnd", refund_id)))

    @api.patch("/refunds/<refund_id>")
    def edit_refund(refund_id: str) -> Response:
        return edit_notes(state, "rfnd", refund_id)


def dispute_routes(api: Blueprint, state: State) -> None:
    """Disputes."""

    @api.get("/disputes")
    def list_disputes() -> Response:
        return jsonify(ledger.page(state, "disp", request.args.to_dict()))

    @api.get("/disputes/<dispute_id>")
    def read_dispute(dispute_id: str) -> Response:
        return jsonify(public(ledger.load(state, "disp", dispute_id)))

    @api.post("/disputes/<dispute_id>/accept")
    def accept(dispute_id: str) -> Response:
        return jsonify(public(disputes.accept(state, dispute_id)))

    @api.patch("/disputes/<dispute_id>/contest")
    def contest(dispute_id: str) -> Response:
        return jsonify(public(disputes.contest(state, dispute_id, body())))
