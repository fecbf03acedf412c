"""Razorpay's refusals, in its own form."""

from flask import Response, jsonify


class RazorpayError(Exception):
    """An answer other than success."""

    def __init__(self, description: str, *, status: int = 400, field: str | None = None) -> None:
        super().__init__(description)
        self.description = description
        self.status = status
        self.field = field


class UnknownId(RazorpayError):
    """An id that belongs to nothing; Razorpay answers 400, not 404."""

    def __init__(self) -> None:
        super().__init__("The id provided does not exist")


def answer(problem: RazorpayError) -> tuple[Response, int]:
    """Return the error body and its status."""
    error: dict[str, object] = {
        "code": "BAD_REQUEST_ERROR",
        "description": problem.description,
        "source": "NA" if problem.status == 401 else "business",
        "step": "NA" if problem.status == 401 else "payment_initiation",
        "reason": "NA" if problem.status == 401 else "input_validation_failed",
        "metadata": {},
    }
    if problem.field:
        error["field"] = problem.field
    return jsonify(error=error), problem.status
