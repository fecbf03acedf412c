"""How long each stage of an open order may take: accept, pick, check, hand over, ride."""

from datetime import datetime, timedelta

from plazza.errors import Conflict
from plazza.identity import Role
from plazza.order.models.orders import Stage, Status, Step

_FIRST: dict[Status, Stage] = {Status.CONFIRMED: "accept", Status.PROCESSING: "pick", Status.SHIPPED: "ride"}
"""The stage that each status begins with."""

_STEPS: dict[Step, tuple[Stage, Stage]] = {"picked": ("pick", "check"), "checked": ("check", "hand_over")}
"""What ends a stage inside of `processing`, and which one follows."""

_LIMITS: dict[Stage, timedelta] = {
    "accept": timedelta(minutes=2),
    "pick": timedelta(minutes=5),
    "check": timedelta(minutes=3),
    "hand_over": timedelta(minutes=5),
}
"""The ride has what is left of the promise."""


def stage_of(status: Status) -> Stage | None:
    """Give the stage that an order of this status begins with; None before its confirmation and when it is over."""
    return _FIRST.get(status)


def next_stage(stage: Stage | None, step: Step, role: str) -> Stage:
    """Give the stage after a step. Raises Conflict out of turn, and for a check by anybody but a pharmacist."""
    before, after = _STEPS[step]
    if stage != before:
        raise Conflict(f"An order that is not at {before} cannot be {step}.", reason="NOT_ALLOWED_NOW", stage=stage)
    if step == "checked" and role != Role.PHARMACIST:
        raise Conflict("A pharmacist checks what was picked.", reason="NOT_ALLOWED_FOR_ROLE", roles=[Role.PHARMACIST])
    return after


def late_since(at: datetime) -> dict[Stage, datetime]:
    """Give, by stage, before when it must have begun to be late at an instant; the ride's end is each order's own promise."""
    return {stage: at - limit for stage, limit in _LIMITS.items()}


def due_at(stage: Stage | None, since: datetime | None, promised_at: datetime | None) -> datetime | None:
    """Give when a stage should be over."""
    if stage is None or since is None:
        return None
    return promised_at if stage == "ride" else since + _LIMITS[stage]
