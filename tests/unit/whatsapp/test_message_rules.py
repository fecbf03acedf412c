"""Statuses, waits and words of messages."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plazza.errors import Invalid
from plazza.providers.whatsapp import Remedy, remedy_for
from plazza.whatsapp import rules
from plazza.whatsapp.models import MessageStatus, Template

STATUSES = st.sampled_from(list(MessageStatus))


@given(STATUSES, STATUSES)
def test_no_two_statuses_each_come_after_the_other(one: MessageStatus, other: MessageStatus) -> None:
    assert not (rules.is_forward(one, other) and rules.is_forward(other, one))


def test_a_delivery_may_follow_a_failure_and_never_the_other_way() -> None:
    assert rules.is_forward(MessageStatus.DEAD, MessageStatus.DELIVERED)
    assert rules.is_forward(MessageStatus.FAILED, MessageStatus.SENT)
    assert not rules.is_forward(MessageStatus.READ, MessageStatus.DELIVERED)
    assert not rules.is_forward(MessageStatus.SUPPRESSED, MessageStatus.SENT)
    can_fail = {status for status in MessageStatus if rules.can_fail(status)}
    assert can_fail == {"queued", "failed", "sending", "accepted", "sent"}


@given(st.integers(0, 10_000))
def test_waits_grow_up_to_an_hour(attempts: int) -> None:
    assert timedelta(0) < rules.pause_after(attempts) <= rules.pause_after(attempts + 1) <= timedelta(hours=1)


def test_parameters_are_what_the_template_takes() -> None:
    rules.check_parameters(Template.ORDER_SHIPPED, ["PLZ-7KQ2M9TA", "30"])
    for parameters in ([], ["a"], ["a", " "], ["a", "b\nc"], ["a", "b     c"], ["a", "123456"], ["a", "b", "c"]):
        with pytest.raises(Invalid):
            rules.check_parameters(Template.ORDER_SHIPPED, parameters)


def test_times_are_told_as_people_in_india_say_them() -> None:
    day = datetime(2026, 1, 1, tzinfo=UTC)

    assert rules.clock_time(day.replace(hour=14, minute=10)) == "7:40 pm"
    assert rules.clock_time(day.replace(hour=18, minute=35)) == "12:05 am"
    assert rules.clock_time(day.replace(hour=6, minute=30)) == "12:00 pm"


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (1, Remedy.RETRY_TWICE), (2, Remedy.RETRY), (130429, Remedy.RETRY), (131056, Remedy.RETRY_SLOWLY),
        (131048, Remedy.REST), (190, Remedy.PAUSE), (250, Remedy.PAUSE), (132015, Remedy.PAUSE_TEMPLATE),
        (131050, Remedy.OPTED_OUT), (131047, Remedy.DEAD), (131026, Remedy.DEAD), (131049, Remedy.DEAD),
        (132000, Remedy.DEAD), (999_999, Remedy.DEAD), (None, Remedy.DEAD),
    ],
)  # fmt: skip
def test_each_code_has_its_remedy(code: int | None, remedy: Remedy) -> None:
    assert remedy_for(code) is remedy
