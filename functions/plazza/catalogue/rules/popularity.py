"""How popular a product is, from what happened to it."""

from collections.abc import Sequence

WINDOW_DAYS = 60
HALF_LIFE_DAYS = 14
VIEW, CART_ADDITION, PURCHASE = 1, 4, 10
MOST = 1_000_000


def score(days: Sequence[tuple[int, int, int, int]]) -> int:
    """Give the score of (days ago, views, cart additions, purchases): a purchase weighs ten views, and all halve in a fortnight.

    Counted in thousandths of a view of today, and bounded, so that nothing can buy itself above what was typed.
    """
    total = sum(
        (v * VIEW + c * CART_ADDITION + p * PURCHASE) * 1000 * 0.5 ** (age / HALF_LIFE_DAYS) for age, v, c, p in days
    )
    return min(MOST, round(total))
