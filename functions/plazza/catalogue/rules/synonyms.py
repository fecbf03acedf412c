"""Words that stand for salts: abbreviations, needs in any language. Also misspelt, misheard or half typed they are understood."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from plazza.catalogue.rules.distance import distance
from plazza.catalogue.rules.keys import prefixes, shapes, sound
from plazza.catalogue.rules.names import NOISE
from plazza.catalogue.rules.salts import salt_name
from plazza.catalogue.rules.text import words

LONGEST_PHRASE = 4
_SHORTEST_GUESSED = 5


class Meaning(NamedTuple):
    """What a phrase stands for: compositions, the likeliest first, in certain forms if any; a need is not a name of the salt."""

    compositions: tuple[tuple[str, ...], ...]
    forms: frozenset[str] = frozenset()
    is_need: bool = False


class Synonyms(NamedTuple):
    """Phrases by their words, by how these sound, and single words by what is left of them and by their beginnings."""

    exact: Mapping[tuple[str, ...], Meaning]
    heard: Mapping[tuple[str, ...], tuple[str, ...]]
    near: Mapping[str, str]
    noise: frozenset[str]

    def find(self, parts: Sequence[str]) -> Meaning | None:
        """Give what exactly these words stand for."""
        return self.exact.get(tuple(parts))

    def guess(self, parts: Sequence[str]) -> Meaning | None:
        """Give what these words stand for if they are misspelt or half typed; None for words too short to tell."""
        if len("".join(parts)) < _SHORTEST_GUESSED:
            return None
        heard = self.heard.get(tuple(sound(part) for part in parts))
        if heard is not None and all(distance(part, word, 2) <= 2 for part, word in zip(parts, heard, strict=True)):
            return self.exact[heard]
        typed = parts[0]
        if len(parts) > 1:
            return None
        phrase = next((self.near[key] for key in (typed, *shapes(typed)) if key in self.near), None)
        if phrase is None or not (phrase.startswith(typed) or distance(typed, phrase, 1) <= 1):
            return None
        return self.exact[(phrase,)]


def read_synonyms(groups: Mapping[str, Any]) -> Synonyms:
    """Read the synonyms file: words that say nothing, and groups of phrases.

    A phrase stands for compositions, `["paracetamol", "caffeine + paracetamol"]`, or for `{"salts": […], "forms": […]}`.
    """
    noise = frozenset(groups["noise"])
    exact = {
        _phrase(phrase, noise): _meaning(said, is_need=group == "needs")
        for group, phrases in groups.items()
        if group != "noise"
        for phrase, said in phrases.items()
    }
    single = [phrase[0] for phrase in exact if len(phrase) == 1 and len(phrase[0]) >= _SHORTEST_GUESSED]
    near: dict[str, str] = {}
    for word in single:
        for key in (*shapes(word), *(begun for begun in prefixes(word) if len(begun) >= _SHORTEST_GUESSED)):
            near.setdefault(key, word)
    heard = {tuple(sound(word) for word in phrase): phrase for phrase in reversed(exact)}
    return Synonyms(exact, heard, near, noise)


def _phrase(phrase: str, noise: frozenset[str]) -> tuple[str, ...]:
    """Give a phrase's words without those that say nothing: "pet ke keede" and "pet keede" are one."""
    return tuple(word for word in words(phrase) if word not in NOISE and word not in noise)


def _meaning(said: Any, *, is_need: bool) -> Meaning:
    described: dict[str, Sequence[str]] = said if isinstance(said, dict) else {"salts": said}
    compositions = tuple(tuple(salt_name(salt) for salt in text.split(" + ")) for text in described["salts"])
    return Meaning(compositions, frozenset(described.get("forms", ())), is_need)
