"""How far two words are apart, by what fingers and ears do: a letter added, left out, changed, or two swapped."""

from functools import lru_cache

_ALIKE = frozenset(
    frozenset(pair)
    for pair in (
        "ck",
        "cs",
        "iy",
        "sz",
        "vw",
        "gj",
        "kq",
        "jz",
        "ei",
        "ae",
        "ao",
        "ou",
        "ai",
        "uo",
        "td",
        "bp",
        "mn",
        "xs",
    )
)
"""Letters taken for one another by ear, or beside it."""

LEFT_OUT, SWAPPED, DOUBLED, HEARD, ADDED, CHANGED = 2, 2, 2, 2, 3, 3
"""A letter left out or two swapped can happen in one way; added or changed it could have become any of twenty-five others."""


@lru_cache(maxsize=100_000)
def distance(one: str, other: str, most: int) -> int:
    """Count the errors between two words; more than `most` is given as `most + 1`."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    one, other = _differing(one, other)
    if not one or not other:
        return max(len(one), len(other))
    if len(set(one) ^ set(other)) > 2 * most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, left in enumerate(one, 1):
        this = [row]
        for column, right in enumerate(other, 1):
            cost = min(last[column] + 1, this[column - 1] + 1, last[column - 1] + (left != right))
            if row > 1 and column > 1 and left == other[column - 2] and one[row - 2] == right:
                cost = min(cost, before[column - 2] + 1)
            this.append(cost)
        if min(this) > most:
            return most + 1
        before, last = last, this
    return min(last[-1], most + 1)


@lru_cache(maxsize=100_000)
def unlikeliness(typed: str, name: str) -> int:
    """Weigh how unlikely it is that somebody who means `name` types `typed`: 2 or 3 for each error, by its kind."""
    typed, name = f" {typed}", f" {name}"  # the letter before an error tells whether it was doubled
    last = [LEFT_OUT * column for column in range(len(name))]
    before: list[int] = last
    for row in range(1, len(typed)):
        left = typed[row]
        added = DOUBLED if left == typed[row - 1] else ADDED
        this = [last[0] + added]
        for column in range(1, len(name)):
            right = name[column]
            if left == right:
                cost = last[column - 1]
            else:
                changed = HEARD if frozenset((left, right)) in _ALIKE else CHANGED
                cost = min(last[column - 1] + changed, last[column] + added, this[column - 1] + LEFT_OUT)
                if row > 1 and column > 1 and left == name[column - 1] and typed[row - 1] == right:
                    cost = min(cost, before[column - 2] + SWAPPED)
            this.append(cost)
        before, last = last, this
    return last[-1]


def _differing(one: str, other: str) -> tuple[str, str]:
    """Give two words without what they begin and end with alike: errors are few, so little is left."""
    start = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        start += 1
    one, other = one[start:], other[start:]
    end = 0
    for left, right in zip(reversed(one), reversed(other), strict=False):
        if left != right:
            break
        end += 1
    return (one[:-end], other[:-end]) if end else (one, other)
