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
    code = "".join(char for char in store_code if char.isalnum())[-6:].upper()
    return f"{code}{year}{serial:06d}"
