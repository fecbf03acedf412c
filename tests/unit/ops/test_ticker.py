"""A schedule is due at the instants its own cron expression names, in its own time zone, once each."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from ops.ticker import due

NIGHT = datetime(2026, 3, 1, 21, 0, tzinfo=UTC)  # 02:30 in India


@pytest.mark.parametrize(
    ("expression", "zone", "is_due"),
    [
        ("30 2 * * *", "Asia/Kolkata", True),
        ("30 2 * * *", None, False),
        ("0 21 * * *", None, True),
        ("* * * * *", "Asia/Kolkata", True),
        ("31 2 * * *", "Asia/Kolkata", False),
    ],
)
def test_an_expression_counts_in_its_own_time_zone(expression: str, zone: str | None, is_due: bool) -> None:
    when = due(expression, zone, NIGHT - timedelta(seconds=1), NIGHT)

    assert (when is not None) is is_due
    assert when is None or when == NIGHT


def test_looking_every_second_fires_a_minutely_schedule_once_a_minute() -> None:
    looks = [NIGHT + timedelta(seconds=second, milliseconds=437) for second in range(181)]

    fired = [due("* * * * *", None, before, now) for before, now in pairwise(looks)]

    assert [when for when in fired if when] == [NIGHT + timedelta(minutes=minute) for minute in (1, 2, 3)]


def test_a_machine_that_slept_fires_once_for_all_it_missed() -> None:
    assert due("* * * * *", None, NIGHT, NIGHT + timedelta(hours=3)) == NIGHT + timedelta(hours=3)
