"""How amounts and the numbers of tax papers are written."""

from datetime import date


def rupees(paise: int) -> str:
    """Write an amount in rupees with Indian grouping: 123456789 paise are 12,34,567.89."""
    whole, part = divmod(paise, 100)
    head, tail = str(whole)[:-3], str(whole)[-3:]
    groups = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)][::-1]
    return ",".join([*groups, tail]) + f".{part:02d}"


def financial_year(on: date) -> str:
    """Give the financial year of a day, April to March: 2026-11-24 is in "2627"."""
    start = on.year if on.month >= 4 else on.year - 1
    return f"{start % 100:02d}{(start + 1) % 100:02d}"


def invoice_number(store_code: str, year: str, serial: int) -> str:
    """Make an invoice number of at most 16 characters: the last six letters or digits of the store's code, year, serial."""
    return f"{_short(store_code)}{year}{serial:06d}"


def credit_note_number(store_code: str, year: str, serial: int) -> str:
    """Make a credit note's number of at most 16 characters, of a series of its own: C, the store's code, year, serial."""
    return f"C{_short(store_code)}{year}{serial:05d}"


def _short(store_code: str) -> str:
    return "".join(char for char in store_code if char.isalnum())[-6:].upper()


_SMALL = ["Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve", "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen"]  # fmt: skip
_TENS = ["Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"]
_SCALES = ((10_000_000, "Crore"), (100_000, "Lakh"), (1_000, "Thousand"), (100, "Hundred"))


def words(paise: int) -> str:
    """Write an amount in words as Indian papers do: 12345678 paise are Rupees One Lakh Twenty-Three Thousand … and Seventy-Eight Paise Only."""
    whole, part = divmod(paise, 100)
    change = f" and {_count(part)} Paise" if part else ""
    return f"Rupees {_count(whole)}{change} Only"


def _count(number: int) -> str:
    for size, name in _SCALES:
        if number >= size:
            rest = f" {_count(number % size)}" if number % size else ""
            return f"{_count(number // size)} {name}{rest}"
    if number < 20:
        return _SMALL[number]
    return _TENS[number // 10 - 2] + (f"-{_SMALL[number % 10]}" if number % 10 else "")
