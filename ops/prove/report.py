"""What every proof shows: a table of what was counted and what it must be, the balances, and its RESULT line."""

from collections.abc import Sequence
from typing import NamedTuple

from ops.prove.balances import Balance
from ops.results import print_table, result


class Count(NamedTuple):
    """A figure, and what it must be."""

    what: str
    found: int
    must_be: int | None = None

    @property
    def holds(self) -> bool:
        """Whether it is what it must be; a figure that is only told always holds."""
        return self.must_be is None or self.found == self.must_be


def show(name: str, counts: Sequence[Count], balances: Sequence[Balance], **figures: object) -> int:
    """Print the tables and the RESULT line; gives the exit code, 0 when everything holds."""
    rows = [
        {
            "counted": count.what,
            "found": count.found,
            "must be": "" if count.must_be is None else count.must_be,
            "holds": "" if count.must_be is None else "yes" if count.holds else "NO",
        }
        for count in counts
    ]
    print_table(rows)
    print()
    print_table(
        [
            {"balance": one.name, "rows": one.rows, "wrong": one.wrong, "holds": "NO" if one.wrong else "yes"}
            for one in balances
        ]
    )
    failing = sum(not count.holds for count in counts)
    wrong = sum(one.wrong for one in balances)
    checked = sum(count.must_be is not None for count in counts) + sum(one.rows for one in balances)
    ok = failing == 0 and wrong == 0
    return result(f"prove-{name}", ok=ok, **figures, checked=checked, failing=failing, wrong_balances=wrong)
