"""Every entry of the synonyms file is understood as it stands there, and words near it too."""

import json
from pathlib import Path
from typing import Any

import pytest

import plazza.catalogue
from plazza.catalogue.actions.candidates import synonyms
from plazza.catalogue.rules.query import keys_of, parse
from plazza.catalogue.rules.salts import salt_name

FILE: dict[str, Any] = json.loads((Path(plazza.catalogue.__file__).parent / "data" / "synonyms.json").read_text())
ENTRIES = [(phrase, said) for group, phrases in FILE.items() if group != "noise" for phrase, said in phrases.items()]


@pytest.mark.parametrize(("phrase", "said"), ENTRIES, ids=[phrase for phrase, _ in ENTRIES])
def test_a_phrase_stands_for_its_salts(phrase: str, said: Any) -> None:
    wanted = [
        tuple(salt_name(salt) for salt in one.split(" + "))
        for one in (said["salts"] if isinstance(said, dict) else said)
    ]

    query = parse(f"{phrase} ki dawai", synonyms())

    assert len(query.terms) == 1
    assert query.terms[0].meaning is not None
    assert list(query.terms[0].meaning.compositions) == wanted
    assert not query.terms[0].is_guess


@pytest.mark.parametrize("word", FILE["noise"])
def test_a_word_that_says_nothing_is_no_term(word: str) -> None:
    assert [term.word for term in parse(f"dolvane {word}", synonyms()).terms] == ["dolvane"]


@pytest.mark.parametrize(
    ("typed", "salt"),
    [
        ("bukaar", "paracetamol"),
        ("sir derd", "paracetamol"),
        ("khansee", "dextromethorphan hydrobromide"),
        ("amoxycla", "amoxycillin"),
        ("constipasion", "lactulose"),
    ],
)
def test_a_misspelt_or_half_typed_phrase_is_understood(typed: str, salt: str) -> None:
    meanings = [term.meaning for term in parse(typed, synonyms()).terms if term.meaning]

    assert meanings
    assert meanings[0].compositions[0][0] == salt


@pytest.mark.parametrize("typed", ["pan", "ocone", "dolo 650", "aceotin"])
def test_a_name_is_not_taken_for_a_synonym(typed: str) -> None:
    query = parse(typed, synonyms())

    assert not any(term.meaning and not term.is_guess for term in query.terms)


def test_a_query_has_keys_for_what_its_words_stand_for() -> None:
    keys = keys_of(parse("bukhar", synonyms()))

    assert keys.compositions[1:3] == ["paracetamol", "ibuprofen+paracetamol"]
    assert keys.sounds == keys.shapes == []
