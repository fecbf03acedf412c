"""The errors of the HTTP contract; this module knows no web library.

Raise one with a sentence that tells the caller what to do; keyword arguments become machine-readable `details`.
Only `http/api.py` turns them into answers.
"""

from typing import Any


class PlazzaError(Exception):
    """An answer other than success: a stable `code`, its HTTP `status`, a sentence and details."""

    code = "INTERNAL_ERROR"
    status = 500

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class Invalid(PlazzaError):
    """The request is not of the documented form."""

    code = "VALIDATION_ERROR"
    status = 400


class Unauthorized(PlazzaError):
    """No caller, or one whose token is not good."""

    code = "UNAUTHORIZED"
    status = 401


class Forbidden(PlazzaError):
    """A known caller whose role may not do this."""

    code = "FORBIDDEN"
    status = 403


class NotFound(PlazzaError):
    """There is no such thing, or it is not the caller's: the two look alike on purpose."""

    code = "RESOURCE_NOT_FOUND"
    status = 404


class Conflict(PlazzaError):
    """The state does not allow it: read it again and decide anew."""

    code = "CONFLICT"
    status = 409


class TooLarge(PlazzaError):
    """The body or the file is above its limit."""

    code = "PAYLOAD_TOO_LARGE"
    status = 413


class RateLimited(PlazzaError):
    """Too many requests; `retry_after_sec` says when to come back."""

    code = "RATE_LIMITED"
    status = 429

    def __init__(self, message: str, retry_after_sec: int, **details: Any) -> None:
        super().__init__(message, retry_after_sec=retry_after_sec, **details)
        self.retry_after_sec = retry_after_sec


class Unavailable(PlazzaError):
    """Something this needs is down; the same request may be sent again after `retry_after_sec`."""

    code = "SERVICE_UNAVAILABLE"
    status = 503

    def __init__(self, message: str, retry_after_sec: int = 5, **details: Any) -> None:
        super().__init__(message, **details)
        self.retry_after_sec = retry_after_sec
