"""Money in integer paise: sharing without loss, and the tax inside an inclusive price."""

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from pydantic import Field

MAX_PAISE = 10_000_000_000
"""Ten crore rupees: above any order, below what a 64-bit sum of a thousand lines could overflow."""

Paise = Annotated[int, Field(ge=0, le=MAX_PAISE, strict=True)]


class Gst(NamedTuple):
    """The parts of a tax-inclusive amount; they add up to it exactly. All in paise."""

    taxable_paise: int
    cgst_paise: int
    sgst_paise: int
    igst_paise: int


def share(amount_paise: int, weights: Sequence[int]) -> list[int]:
    """Split an amount by weight with the largest remainder, so that the parts add up to it.

    Ties go to the earlier part. A total weight of zero gives zeros and requires an amount of zero.
    Raises ValueError for a negative weight or an amount that no weight can take.
    """
    total = sum(weights)
    if any(weight < 0 for weight in weights) or (total == 0 and amount_paise != 0):
        raise ValueError("An amount can only be shared over weights that are not negative and not all zero.")
    if total == 0:
        return [0] * len(weights)
    parts = [amount_paise * weight // total for weight in weights]
    remainders = [amount_paise * weight % total for weight in weights]
    missing = amount_paise - sum(parts)
    for index in sorted(range(len(weights)), key=lambda i: (-remainders[i], i))[:missing]:
        parts[index] += 1
    return parts


def split_gst(amount_paise: int, rate_bp: int, *, same_state: bool) -> Gst:
    """Take the GST out of an inclusive amount; `rate_bp` is in hundredths of a per cent (500 is 5 %).

    The tax is rounded half up to the paisa. Within a state it is halved into CGST and SGST, with an odd paisa on the CGST;
    across states it is IGST. Source: Central Goods and Services Tax Rules 2017, rule 35 (value inclusive of tax).
    """
    divisor = 10_000 + rate_bp
    tax = (2 * amount_paise * rate_bp + divisor) // (2 * divisor)
    if not same_state:
        return Gst(amount_paise - tax, 0, 0, tax)
    sgst = tax // 2
    return Gst(amount_paise - tax, tax - sgst, sgst, 0)
