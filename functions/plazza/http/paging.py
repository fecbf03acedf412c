"""Opaque cursors: where a list goes on, as the last row's sort key."""

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any, TypeVar

from plazza.errors import Invalid
from plazza.schema import Page

Item = TypeVar("Item")

MAX_CURSOR = 4000


def encode(*key: str | int) -> str:
    """Make a cursor of a row's sort key."""
    return (
        base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":"), ensure_ascii=False).encode())
        .decode()
        .rstrip("=")
    )


def decode(cursor: str | None, *kinds: Callable[[Any], Any]) -> tuple[Any, ...] | None:
    """Give the sort key of a cursor, each part read by its `kind`, or None for no cursor.

    Raises Invalid for one that we did not make.
    """
    if cursor is None:
        return None
    try:
        padded = cursor[:MAX_CURSOR] + "=" * (-len(cursor) % 4)
        decoded = base64.b64decode(padded, altchars=b"-_", validate=True)
        parts = [] if b"\\u0000" in decoded else json.loads(decoded)  # no database holds a NUL
        encode(*parts)  # nor half a character: this raises
        return tuple(kind(part) for kind, part in zip(kinds, list(parts), strict=True))
    except (ValueError, TypeError, binascii.Error, RecursionError, OverflowError, AttributeError) as exc:
        raise Invalid("This cursor is not one of ours; start the list again without it.", field="cursor") from exc


def page(rows: list[Item], limit: int, key: Callable[[Item], tuple[str | int, ...]]) -> Page[Item]:
    """Make a page of up to `limit` items from `limit + 1` rows."""
    items = rows[:limit]
    more = len(rows) > limit
    return Page[Any](items=items, next_cursor=encode(*key(items[-1])) if more else None)
