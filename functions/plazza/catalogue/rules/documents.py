"""A product → its document of the index, and back to what the order depends on."""

from typing import Any

from plazza.catalogue.rules import salts
from plazza.catalogue.rules.keys import Judged, judged, product_keys
from plazza.catalogue.rules.ranking import Candidate

RETURNED = ("view", "judged", "popularity")
"""The fields that a search asks back: the others are only looked up."""


def keys_of(
    name: str, brand: str, release: str, stored_salts: list[dict[str, str]], manufacturer: str
) -> dict[str, Any]:
    """Make the key fields of a product, and what the order looks at."""
    seen = judged_of(name, brand, release, stored_salts, manufacturer)
    return product_keys(seen)._asdict() | {"judged": seen._asdict()}


def judged_of(name: str, brand: str, release: str, stored_salts: list[dict[str, str]], manufacturer: str) -> Judged:
    """Make what the order looks at of a product."""
    return judged(name, brand, release, salts.from_json(stored_salts), manufacturer)


def candidate_of(source: dict[str, Any]) -> Candidate:
    """Give what the order depends on of a document."""
    view, seen = source["view"], source["judged"]
    return Candidate(
        id=view["id"],
        sku=view["sku"],
        full=seen["full"],
        wholes=seen["wholes"],
        named=tuple(seen["named"]),
        words=tuple(seen["words"]),
        sounds=tuple(seen["sounds"]),
        salts=tuple(seen["salts"]),
        salt_words=tuple(seen["salt_words"]),
        salt_sounds=tuple(seen["salt_sounds"]),
        numbers=frozenset(seen["numbers"]),
        shown=frozenset(seen["shown"]),
        maker=tuple(seen["maker"]),
        form=view["form"],
        release=seen["release"],
        popularity=source["popularity"],
    )
