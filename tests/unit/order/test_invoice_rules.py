"""Invoice numbers and years."""

from datetime import date

import pytest

from plazza.order.rules.numbering import financial_year, invoice_number


@pytest.mark.parametrize(
    ("on", "year"),
    [
        (date(2026, 3, 31), "2526"),
        (date(2026, 4, 1), "2627"),
        (date(2026, 12, 31), "2627"),
        (date(2099, 4, 1), "9900"),
    ],
)
def test_a_financial_year_begins_in_april(on: date, year: str) -> None:
    assert financial_year(on) == year


@pytest.mark.parametrize(
    ("code", "serial", "number"),
    [("BLR-IND", 1, "BLRIND2627000001"), ("a-very-long-code", 999_999, "NGCODE2627999999"), ("X", 7, "X2627000007")],
)
def test_numbers_have_at_most_sixteen_characters(code: str, serial: int, number: str) -> None:
    assert invoice_number(code, "2627", serial) == number
    assert len(number) <= 16
