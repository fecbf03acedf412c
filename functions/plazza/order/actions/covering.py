"""What a prescription says of a cart: quote, order and review ask by the same code."""

from collections.abc import Sequence
from uuid import UUID

from plazza import clock
from plazza.catalogue.store import prescriptions
from plazza.catalogue.store.prescriptions import Coverage, CoveredItem
from plazza.data.sql import Tx, read
from plazza.errors import Conflict
from plazza.identity import Caller
from plazza.order.models.orders import Problem, QuoteRequest
from plazza.order.rules.pricing import CartLine

Needed = Sequence[tuple[UUID, int]]
"""Products that need a prescription, and how many packs of each."""


def needed(lines: Sequence[CartLine]) -> Needed:
    """Give what a cart needs a prescription for."""
    return [(line.product_id, line.quantity) for line in lines if line.prescription_required]


def with_courses(lines: Sequence[CartLine], coverage: Coverage) -> list[CartLine]:
    """Give the lines the days that the prescription says, where it says more than the cart."""
    days = {product_id: item.duration_days or 0 for product_id, item in coverage.items.items()}
    return [line._replace(course_days=max(line.course_days, days.get(line.product_id, 0))) for line in lines]


def use(tx: Tx, coverage: Coverage, needing: Needed) -> dict[UUID, UUID]:
    """Use up a prescription's packs; gives its line by product. Raises Conflict when it does not cover one."""
    covering = {product_id: item.item_id for product_id, item in _covered(coverage, needing).items()}
    for product_id, quantity in needing:
        prescriptions.use_packs(tx, covering[product_id], quantity)
    return covering


def quote(caller: Caller, body: QuoteRequest, lines: list[CartLine]) -> tuple[list[CartLine], list[Problem]]:
    """Give a cart's lines as an order on its prescription would judge them, and what of that refuses it. Raises NotFound."""
    needing, prescription_id = needed(lines), body.prescription_id
    if not needing or prescription_id is None:
        return lines, []  # a missing prescription is among the cart's problems
    try:
        coverage = read(lambda tx: prescriptions.get_coverage(tx, prescription_id, caller.uid, clock.today()))
        if coverage.status == "awaited":
            return lines, []
        lines = with_courses(lines, coverage)
        _covered(coverage, needing)
    except Conflict as exc:
        of = [UUID(product_id) for product_id in exc.details.get("product_ids", [])] or [None]
        return lines, [Problem(code=exc.details["reason"], message=exc.message, product_id=one) for one in of]
    return lines, []


def _covered(coverage: Coverage, needing: Needed) -> dict[UUID, CoveredItem]:
    covered = {product_id: coverage.items.get(product_id) for product_id, _ in needing}
    uncovered = [
        str(product_id)
        for product_id, quantity in needing
        if (item := covered[product_id]) is None or item.left_packs < quantity
    ]
    if uncovered:
        raise Conflict(
            "The prescription does not cover every product in this quantity.",
            reason="NOT_COVERED",
            product_ids=uncovered,
        )
    return {product_id: item for product_id, item in covered.items() if item is not None}
