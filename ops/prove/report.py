"""What every proof shows: a table of what was counted and what it must be, the balances, and its RESULT line."""

from collections.abc import Sequence
from typing import NamedTuple

from ops.prove.balances import Balance
from ops.results import print_table, result

_SHOWN = 10


class Count(NamedTuple):
    """A figure, and what it must be."""

    what: str
    found: int
    must_be: int | None = None

    @property
    def holds(self) -> bool:
        """Whether it is what it must be; a figure that is only told always holds."""
        return self.must_be is None or self.found == self.must_be


class Outcome(NamedTuple):
    """What a proof counted, the balances afterwards, and what was wrong in words."""

    counts: list[Count]
    balances: list[Balance]
    problems: Sequence[str] = ()

    @property
    def failing(self) -> int:
        """Give how many counts are not what they must be."""
        return sum(not count.holds for count in self.counts)

    @property
    def holds(self) -> bool:
        """Whether every count and every balance is what it must be."""
        return self.failing == 0 and not any(one.wrong for one in self.balances)


def show(name: str, outcome: Outcome, **figures: object) -> int:
    """Print the tables and the RESULT line; gives the exit code, 0 when everything holds."""
    for problem in outcome.problems[:_SHOWN]:
        print(f"wrong: {problem}")
    rows = [
        {
            "counted": count.what,
            "found": count.found,
            "must be": "" if count.must_be is None else count.must_be,
            "holds": "" if count.must_be is None else "yes" if count.holds else "NO",
        }
        for count in outcome.counts
    ]
    print_table(rows)
    print()
    print_table(
        [
            {"balance": one.name, "rows": one.rows, "wrong": one.wrong, "holds": "NO" if one.wrong else "yes"}
            for one in outcome.balances
        ]
    )
    failing, wrong = outcome.failing, sum(one.wrong for one in outcome.balances)
    checked = sum(count.must_be is not None for count in outcome.counts) + sum(one.rows for one in outcome.balances)
    return result(f"prove-{name}", ok=outcome.holds, **figures, checked=checked, failing=failing, wrong_balances=wrong)
