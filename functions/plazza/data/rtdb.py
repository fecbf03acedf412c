"""The Realtime Database as the server writes it: projections of the truth in SQL, and the queues that trigger functions."""

from collections.abc import Callable
from typing import Any

from firebase_admin import db, exceptions

from plazza.data import firebase
from plazza.errors import Unavailable

Json = Any


def get(path: str) -> Json:
    """Give the value at a path, or None. Raises Unavailable."""
    return _call(lambda: db.reference(path, firebase.app()).get())


def put(path: str, value: Json) -> None:
    """Write a value over whatever is there; None deletes. Raises Unavailable."""
    _call(
        lambda: (
            db.reference(path, firebase.app()).set(value)
            if value is not None
            else db.reference(path, firebase.app()).delete()
        )
    )


def update(values: dict[str, Json]) -> None:
    """Write several paths at once, all or none; None deletes a path. Raises Unavailable."""
    if values:
        _call(lambda: db.reference("/", firebase.app()).update(values))


def put_newer(path: str, value: dict[str, Json], version: int) -> bool:
    """Write a projection unless a newer one is there, by its `version`; tell whether it was written. Raises Unavailable.

    Two dispatchers may project one thing at the same time, and the slower one must not put the older state back.
    """
    wrote = False

    def newer(current: Json) -> Json:
        nonlocal wrote
        wrote = not isinstance(current, dict) or int(current.get("version") or 0) <= version
        return {**value, "version": version} if wrote else current

    _call(lambda: db.reference(path, firebase.app()).transaction(newer))
    return wrote


def _call(work: Callable[[], Json]) -> Json:
    try:
        return work()
    except (exceptions.FirebaseError, db.TransactionAbortedError) as exc:
        raise Unavailable("The live database does not answer; try again.") from exc
