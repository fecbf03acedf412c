"""How far two words are apart, by what the fingers do: a letter added, left out, changed, or two swapped."""

from functools import lru_cache


@lru_cache(maxsize=100_000)
def distance(one: str, other: str, most: int) -> int:
    """Count the errors between two words; more than `most` is given as `most + 1`."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    if one == other:
        return 0
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
