"""Which queries are counted, under what text and as what: what is asked for, and nothing that could say who asks."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from plazza.catalogue.models.query_log import Outcome
from plazza.catalogue.rules import names
from plazza.catalogue.rules.ranking import Tier
from plazza.catalogue.rules.synonyms import Synonyms
from plazza.catalogue.rules.text import fold, normalize

LONGEST = 80
_MANY_DIGITS = re.compile(r"[0-9](?:[ .%]*[0-9]){6}")
_GUESSED = frozenset({Tier.SIMILAR, Tier.SALT_SIMILAR, Tier.PARTIAL})


class Asked(NamedTuple):
    """How often a query was asked on a day, and how often of these it found nothing, or only what is like it."""

    day: date
    query: str
    searches: int
    no_hits: int
    refined: int


@lru_cache(maxsize=5_000)
def logged(typed: str) -> str:
    """Give the text under which a query is counted, "" for one that is not.

    Not counted is what may name a person: an e-mail or payment address, and seven digits or more without a word between (a phone
    number, a date of birth, an identity card), whatever is written between them. No strength has as many.
    """
    text = normalize(typed)
    if "@" in fold(typed) or _MANY_DIGITS.search(text):
        return ""
    return text if len(text) <= LONGEST else text[: LONGEST + 1].rpartition(" ")[0]


def outcome(tiers: Collection[Tier], *, is_asked_back: bool) -> Outcome:
    """Tell what became of a query: it is refined when nothing matched as it was typed."""
    if not tiers:
        return "no_hit"
    return "refined" if is_asked_back or _GUESSED.issuperset(tiers) else "found"


def entry(day: date, query: str, became: Outcome) -> str:
    """Write down one search for a tally."""
    return f"{day.isoformat()} {became} {query}"


def read_entries(counts: Mapping[str, int]) -> list[Asked]:
    """Read a tally: one row for each day and query."""
    found: defaultdict[tuple[date, str], dict[str, int]] = defaultdict(dict)
    for written, times in counts.items():
        day, became, query = written.split(" ", 2)
        found[date.fromisoformat(day), query][became] = times
    return [
        Asked(day, query, sum(times.values()), times.get("no_hit", 0), times.get("refined", 0))
        for (day, query), times in sorted(found.items())
    ]


def known_words(synonyms: Synonyms) -> list[str]:
    """Give the words that need no explanation: those that stand for salts, forms or releases, and those that say nothing."""
    single = {phrase[0] for phrase in synonyms.exact if len(phrase) == 1}
    return sorted(
        {"%"} | single | synonyms.noise | names.NOISE | names.FORM_OF_WORD.keys() | names.RELEASE_OF_WORD.keys()
    )
