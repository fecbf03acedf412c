"""Invoice numbers and years."""

from datetime import date

import pytest

from plazza.order.rules.numbering import credit_note_number, financial_year, invoice_number, words


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


@pytest.mark.parametrize(
    ("paise", "text"),
    [
        (0, "Rupees Zero Only"),
        (1, "Rupees Zero and One Paise Only"),
        (11_500, "Rupees One Hundred Fifteen Only"),
        (2_000_100, "Rupees Twenty Thousand One Only"),
        (12_345_678, "Rupees One Lakh Twenty-Three Thousand Four Hundred Fifty-Six and Seventy-Eight Paise Only"),
        (1_234_567_890_000, "Rupees One Thousand Two Hundred Thirty-Four Crore Fifty-Six Lakh Seventy-Eight Thousand Nine Hundred Only"),
    ],
)  # fmt: skip
def test_amounts_in_words_are_counted_in_lakhs_and_crores(paise: int, text: str) -> None:
    assert words(paise) == text


def test_a_credit_note_has_a_number_of_its_own_series() -> None:
    assert credit_note_number("BLR-INDIRA-01", "2627", 7) == "CDIRA01262700007"
    assert len(credit_note_number("BLR-INDIRA-01", "2627", 99_999)) == 16
