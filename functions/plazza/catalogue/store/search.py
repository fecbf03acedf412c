"""Search in the database, for when the engine is away: trigrams over names, brands and salts, and how brands sound."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from plazza.catalogue.store.products import Versioned
from plazza.data.sql import Tx

MOST, COMPOSITIONS = 60, 20


class Wanted(NamedTuple):
    """What is looked for: the name as typed, its words as one, how the first word sounds, words and meant salts."""

    name: str
    joined: str
    sound: str
    words: Sequence[str]


def list_found(tx: Tx, wanted: Wanted) -> list[Versioned]:
    """Give the products that may be meant, at most a few hundred, in no particular order."""
    found: dict[Versioned, None] = {}
    for query in (_BY_NAME, _BY_SALT):
        found |= dict.fromkeys(tx.rows(Versioned, query, _params(wanted)))
    return list(found)


# Each part is limited by itself: a common beginning must not crowd out what is written alike.
_BY_NAME = """
    (SELECT id, version FROM products WHERE status = 'active' AND brand_key LIKE %(start)s ORDER BY brand_key, id LIMIT %(most)s)
    UNION (SELECT id, version FROM products WHERE status = 'active' AND brand_sound = %(sound)s ORDER BY id LIMIT %(most)s)
    UNION (SELECT id, version FROM products WHERE status = 'active' AND brand_key %% %(joined)s
            ORDER BY similarity(brand_key, %(joined)s) DESC, id LIMIT %(most)s)
    UNION (SELECT id, version FROM products WHERE status = 'active' AND normalized_name %% %(name)s
            ORDER BY similarity(normalized_name, %(name)s) DESC, id LIMIT %(most)s)"""

# Of the compositions that are named or written alike, the shortest and the likest; then their products.
_BY_SALT = """
    (SELECT p.id, p.version
       FROM (SELECT salt_names FROM compositions WHERE salt_names LIKE ANY(%(salts)s)
              ORDER BY length(salt_names), salt_names LIMIT %(compositions)s) AS c
       JOIN LATERAL (SELECT id, version FROM products WHERE salt_names = c.salt_names AND status = 'active'
                      ORDER BY id LIMIT %(most)s) AS p ON true
      ORDER BY length(c.salt_names), p.id LIMIT %(most)s)
    UNION (SELECT p.id, p.version
       FROM (SELECT salt_names, similarity(salt_names, %(name)s) AS likeness FROM compositions WHERE salt_names %% %(name)s
              ORDER BY 2 DESC, salt_names LIMIT %(compositions)s) AS c
       JOIN LATERAL (SELECT id, version FROM products WHERE salt_names = c.salt_names AND status = 'active'
                      ORDER BY id LIMIT %(most)s) AS p ON true
      ORDER BY c.likeness DESC, p.id LIMIT %(most)s)"""


def _params(wanted: Wanted) -> dict[str, Any]:
    return {
        "start": _like(wanted.joined) + "%",
        "sound": wanted.sound,
        "joined": wanted.joined,
        "name": wanted.name,
        "salts": [f"%{_like(word)}%" for word in wanted.words if len(word) > 2],
        "most": MOST,
        "compositions": COMPOSITIONS,
    }


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
