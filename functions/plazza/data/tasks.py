"""Cloud Tasks: hand a small body to a task function of this codebase."""

from typing import Any

from firebase_admin import exceptions, functions

from plazza import settings
from plazza.data import firebase
from plazza.errors import Unavailable


def enqueue(function: str, body: dict[str, Any], *, delay_sec: int = 0) -> None:
    """Ask for one run of a task function, which may run more than once. Raises Unavailable."""
    region = settings.get("REGION")
    queue = functions.task_queue(f"locations/{region}/functions/{function}", app=firebase.app())
    options = functions.TaskOptions(schedule_delay_seconds=delay_sec) if delay_sec else None
    try:
        queue.enqueue({"data": body}, options)  # the functions SDK reads `data`; the Admin SDK sends what it is given
    except exceptions.FirebaseError as exc:
        raise Unavailable("The task queue does not answer; try again.") from exc
