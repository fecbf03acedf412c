"""What of a query is kept, and what it counts as."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plazza.catalogue.rules import query_log as rules
from plazza.catalogue.rules.query_log import Asked
from plazza.catalogue.rules.ranking import Tier

DAY = date(2026, 1, 31)
_PARTS = st.sampled_from(
    ["98", "12", "3", " ", "-", ".", ",", "/", "(", "+", "@", "%", "dolo", "mg", "²", "\u0967", "\uff15"]
)


@given(st.one_of(st.text(max_size=200), st.lists(_PARTS, max_size=60).map("".join)))
def test_what_is_kept_is_short_and_holds_no_number_of_a_person(typed: str) -> None:
    kept = rules.logged(typed)

    assert len(kept) <= rules.LONGEST
    assert "@" not in kept
    assert re.search(r"\d{7}", re.sub(r"[^\w]", "", kept)) is None


@pytest.mark.parametrize(
    ("tiers", "is_asked_back", "became"),
    [
        ([], False, "no_hit"),
        ([Tier.NAME, Tier.SIMILAR], False, "found"),
        ([Tier.SALT], False, "found"),
        ([Tier.MAKER, Tier.PARTIAL], False, "found"),
        ([Tier.SIMILAR, Tier.PARTIAL], False, "refined"),
        ([Tier.SALT_SIMILAR], False, "refined"),
        ([Tier.SIMILAR, Tier.MAKER], True, "refined"),
    ],
)
def test_a_query_is_refined_when_nothing_matched_as_typed(tiers: list[Tier], is_asked_back: bool, became: str) -> None:
    assert rules.outcome(tiers, is_asked_back=is_asked_back) == became


def test_entries_of_one_query_become_one_row_a_day() -> None:
    """Midnight and a deployment that finds what the one before did not, between two drains."""
    later = date(2026, 2, 1)
    counts = {
        rules.entry(later, "dolo 650", "found"): 4,
        rules.entry(DAY, "dolo 650", "found"): 1,
        rules.entry(DAY, "dolo 650", "no_hit"): 2,
        rules.entry(DAY, "dolo 650", "refined"): 3,
    }

    assert rules.read_entries(counts) == [Asked(DAY, "dolo 650", 6, 2, 3), Asked(later, "dolo 650", 4, 0, 0)]
