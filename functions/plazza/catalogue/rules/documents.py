"""A product → its document of the index, and back to what the order depends on."""

from typing import Any

from plazza.catalogue.rules import salts
from plazza.catalogue.rules.keys import product_keys
from plazza.catalogue.rules.ranking import Candidate

RETURNED = ("view", "whole", "words", "salts", "salt_words", "numbers", "maker", "form", "popularity")
"""The fields that a search asks back: the others are only looked up."""


def keys_of(
    name: str, brand: str, release: str, stored_salts: list[dict[str, str]], manufacturer: str
) -> dict[str, list[str]]:
    """Make the key fields of a product."""
    return product_keys(name, brand, release, salts.from_json(stored_salts), manufacturer)._asdict()


def candidate_of(source: dict[str, Any]) -> Candidate:
    """Give what the order depends on of a document."""
    view = source["view"]
    return Candidate(
        id=view["id"],
        sku=view["sku"],
        whole=source["whole"],
        words=source["words"],
        salts=source["salts"],
        salt_words=source["salt_words"],
        numbers=frozenset(source["numbers"]),
        maker=source["maker"],
        form=source["form"],
        popularity=source["popularity"],
    )
