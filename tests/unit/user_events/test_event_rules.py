"""Which clocks are believed."""

from datetime import UTC, datetime, timedelta

import pytest

from plazza.user_events import rules

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("late", "why"),
    [
        (timedelta(0), None),
        (timedelta(hours=24), None),
        (timedelta(hours=24, microseconds=1), "TOO_OLD"),
        (timedelta(minutes=-5), None),
        (timedelta(minutes=-5, microseconds=-1), "IN_THE_FUTURE"),
    ],
)
def test_a_phones_clock_may_be_off_by_so_much(late: timedelta, why: str | None) -> None:
    assert rules.refusal(NOW - late, NOW) == why
