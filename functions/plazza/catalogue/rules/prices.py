"""Prices by the unit, compared exactly: a strip of 15 against a strip of 10."""

from fractions import Fraction


def unit_price_paise(price_paise: int | None, pack_quantity: int | None) -> int | None:
    """Give the price of one piece, millilitre or gram, rounded half up to the paisa, for people; None without a price or pack size."""
    return (
        None if price_paise is None or not pack_quantity else (2 * price_paise + pack_quantity) // (2 * pack_quantity)
    )


def unit_price(price_paise: int | None, pack_quantity: int | None) -> Fraction | None:
    """Give the exact price of one unit, for comparing."""
    return Fraction(price_paise, pack_quantity) if price_paise is not None and pack_quantity else None


def saving_percent(price: Fraction | None, instead: Fraction | None) -> int | None:
    """Give how much cheaper the unit of another is, in whole per cent, towards zero; negative when it costs more."""
    if not price or instead is None:
        return None
    return int((price - instead) * 100 / price)
