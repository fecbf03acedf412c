"""Search in the database, for when the engine is away: trigrams over brands and salts, and how brands sound."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from plazza.catalogue.store.products import Versioned
from plazza.data.sql import Tx

MOST, COMPOSITIONS = 60, 20
SHORTEST_LIKENESS = 5
"""Of fewer letters a misspelt word shares its trigrams with thousands of names, and hardly with its own."""


class Wanted(NamedTuple):
    """What is looked for: the name as typed, its words as one, how the first word sounds, words and meant salts, strengths."""

    name: str
    joined: str
    sound: str
    words: Sequence[str]
    numbers: Sequence[str]


def list_found(tx: Tx, wanted: Wanted) -> list[Versioned]:
    """Give the products that may be meant, at most a few hundred, by their ids."""
    found: dict[Versioned, None] = {}
    for query in (_BY_NAME, _BY_SALT):
        found |= dict.fromkeys(tx.rows(Versioned, query, _params(wanted)))
    return sorted(found)


# Each part is limited by itself: a common beginning must not crowd out what is written alike. The first letter is seldom the wrong one, or
# then sounds like it, and leaves out most of what shares some trigrams.
_BY_NAME = """
    (SELECT id, version FROM products WHERE status = 'active' AND brand_key LIKE %(start)s ORDER BY brand_key, id LIMIT %(most)s)
    UNION (SELECT id, version FROM products WHERE status = 'active' AND brand_sound = %(sound)s ORDER BY id LIMIT %(most)s)
    UNION (SELECT id, version FROM products WHERE %(is_forgiven)s AND status = 'active' AND brand_key %% %(joined)s AND brand_key LIKE %(initial)s
            ORDER BY similarity(brand_key, %(joined)s) DESC, id LIMIT %(most)s)"""

# Of the compositions that are named or written alike, the shortest and the likest; then their products, and of a single salt those of the
# strength that was typed, which there may be too many others to be among.
_BY_SALT = """
    WITH named AS (SELECT salt_names, length(salt_names) AS place FROM compositions WHERE salt_names LIKE ANY(%(salts)s)
                    ORDER BY 2, 1 LIMIT %(compositions)s),
         alike AS (SELECT salt_names, -similarity(salt_names, %(name)s) AS place FROM compositions WHERE salt_names %% %(name)s
                    ORDER BY 2, 1 LIMIT %(compositions)s)
    (SELECT p.id, p.version
       FROM named JOIN LATERAL (SELECT id, version FROM products WHERE salt_names = named.salt_names AND status = 'active'
                                 ORDER BY id LIMIT %(most)s) AS p ON true
      ORDER BY named.place, p.id LIMIT %(most)s)
    UNION (SELECT p.id, p.version
       FROM alike JOIN LATERAL (SELECT id, version FROM products WHERE salt_names = alike.salt_names AND status = 'active'
                                 ORDER BY id LIMIT %(most)s) AS p ON true
      ORDER BY alike.place, p.id LIMIT %(most)s)
    UNION (SELECT p.id, p.version
       FROM (SELECT salt_names, place FROM named UNION ALL SELECT salt_names, place FROM alike) AS c
      CROSS JOIN unnest(%(numbers)s::TEXT[]) AS typed (number)
       JOIN LATERAL (SELECT id, version FROM products WHERE salt_key = c.salt_names || ':' || typed.number AND status = 'active'
                      ORDER BY id LIMIT %(most)s) AS p ON true
      ORDER BY c.place, p.id LIMIT %(most)s)"""


def _params(wanted: Wanted) -> dict[str, Any]:
    return {
        "start": _like(wanted.joined) + "%",
        "sound": wanted.sound,
        "joined": wanted.joined,
        "initial": _like(wanted.joined[:1]) + "%",
        "is_forgiven": len(wanted.joined) >= SHORTEST_LIKENESS,
        "name": wanted.name,
        "salts": [f"%{_like(word)}%" for word in wanted.words if len(word) > 2],
        # A number without a unit is mostly one of milligrams.
        "numbers": [number + unit for number in wanted.numbers for unit in ("", "mg")],
        "most": MOST,
        "compositions": COMPOSITIONS,
    }


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
