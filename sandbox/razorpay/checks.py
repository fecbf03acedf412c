"""What Razorpay accepts in a request: fields, lengths, amounts."""

import re
from typing import Any, Final

from sandbox.razorpay.errors import RazorpayError

MIN_AMOUNT: Final = 100
MAX_AMOUNT: Final = 50_000_000  # the usual limit of an account, five lakh rupees
MAX_EXPIRY_MINUTES: Final = 7_200
IDS: Final = re.compile(r"(order|pay|rfnd|disp)_[A-Za-z0-9]{14}")
REFUND_KEY: Final = re.compile(r"[A-Za-z0-9_-]{10,}")


def refuse(description: str, field: str) -> RazorpayError:
    """Return a validation error about one field."""
    return RazorpayError(description, field=field)


def only(body: dict[str, Any], *allowed: str) -> None:
    """Refuse fields the call does not know, as Razorpay does."""
    if extra := [name for name in body if name not in allowed]:
        raise refuse(f"{', '.join(extra)} is/are not required and should not be sent", extra[0])


def known_id(value: str) -> str:
    """Return an id that has the form of one."""
    if not IDS.fullmatch(value):
        raise RazorpayError(f"{value[:64]} is not a valid id")
    return value


def amount(body: dict[str, Any], least: int = MIN_AMOUNT) -> int:
    """Return the body's amount in paise."""
    if "amount" not in body:
        raise refuse("The amount field is required.", "amount")
    value = body["amount"]
    if type(value) is not int:
        raise refuse("The amount must be an integer.", "amount")
    if value < least:
        raise refuse(f"The amount must be at least INR {least / 100:.2f}", "amount")
    if value > MAX_AMOUNT:
        raise refuse("Amount exceeds maximum amount allowed.", "amount")
    return value


def currency(body: dict[str, Any]) -> str:
    """Return the body's currency; the account takes rupees only."""
    if body.get("currency") is None:
        raise refuse("The currency field is required.", "currency")
    if body["currency"] != "INR":
        raise refuse("Currency is not supported", "currency")
    return "INR"


def receipt(body: dict[str, Any]) -> str | None:
    """Return the body's receipt."""
    value = body.get("receipt")
    if value is not None and not isinstance(value, str):
        raise refuse("The receipt must be a string.", "receipt")
    if value is not None and len(value) > 40:
        raise refuse("The receipt may not be greater than 40 characters.", "receipt")
    return value


def notes(body: dict[str, Any]) -> dict[str, Any]:
    """Return the body's notes: at most 15 pairs of at most 256 characters."""
    value = body.get("notes") or {}
    if not isinstance(value, dict):
        raise refuse("The notes must be an array.", "notes")
    if len(value) > 15:
        raise refuse("The notes may not have more than 15 items.", "notes")
    for key, text in value.items():
        if not isinstance(text, str | int | float) or len(key) > 256 or len(str(text)) > 256:
            raise refuse("Each note and its key may not be greater than 256 characters.", "notes")
    return value


def flag(body: dict[str, Any], name: str) -> bool:
    """Return an optional yes or no."""
    value = body.get(name, False)
    if not isinstance(value, bool) and value not in (0, 1):
        raise refuse(f"The {name} field must be true or false.", name)
    return bool(value)


def capture_setting(body: dict[str, Any]) -> dict[str, Any] | None:
    """Return an order's own capture setting, or None when the account's applies."""
    value = body.get("payment")
    if value is None:
        return None
    if not isinstance(value, dict):
        raise refuse("The payment must be an array.", "payment")
    only(value, "capture", "capture_options")
    if value.get("capture") not in ("automatic", "manual"):
        raise refuse("The selected capture is invalid.", "capture")
    options = value.get("capture_options") or {}
    if not isinstance(options, dict):
        raise refuse("The capture_options must be an array.", "capture_options")
    only(options, "automatic_expiry_period", "manual_expiry_period", "refund_speed")
    for name in ("automatic_expiry_period", "manual_expiry_period"):
        minutes = options.get(name, 12)
        if type(minutes) is not int or not 12 <= minutes <= MAX_EXPIRY_MINUTES:
            raise refuse(f"The {name} must be between 12 and {MAX_EXPIRY_MINUTES} minutes.", name)
    if options.get("refund_speed", "normal") not in ("normal", "optimum"):
        raise refuse("The selected refund speed is invalid.", "refund_speed")
    return {"capture": value["capture"], **options}


def speed(body: dict[str, Any]) -> str | None:
    """Return a refund's speed, if it names one."""
    value = body.get("speed")
    if value not in (None, "normal", "optimum"):
        raise refuse("The selected speed is invalid.", "speed")
    return value


def whole(args: dict[str, str], name: str, default: int, least: int, most: int) -> int:
    """Return a whole number of the query within its bounds."""
    text = args.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,12}", text):
        raise refuse(f"The {name} must be an integer.", name)
    value = int(text)
    if value < least:
        raise refuse(f"The {name} must be at least {least}.", name)
    if value > most:
        raise refuse(f"The {name} may not be greater than {most}.", name)
    return value
