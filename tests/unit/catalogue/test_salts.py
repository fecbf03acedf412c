"""Compositions: one name for each salt, an order-free key, and nothing made up."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plazza.catalogue.rules.salts import from_json, join, read_salts, salt_key, salt_name, to_json
from plazza.catalogue.rules.strengths import read_strengths

NAMES = """
Paracetamol = paracetamol
Acetaminophen = paracetamol
PARACETAMOL IP = paracetamol
Amoxicillin = amoxycillin
Amoxycillin Trihydrate = amoxycillin
Metformin Hydrochloride = metformin
Metformin HCl = metformin
Levothyroxine Sodium = thyroxine
Thyroxine = thyroxine
Albuterol = salbutamol
Amlodipine Besylate = amlodipine
Potassium Clavulanate = clavulanic acid
Vitamin C = ascorbic acid
Cholecalciferol = vitamin d 3
Sodium = sodium
Sodium Chloride = sodium chloride
Diclofenac Sodium = diclofenac
Diclofenac Potassium = diclofenac
Vitamin D3 = vitamin d 3
Vitamin B12 = vitamin b 12
"""

# text → salt:strength, comma-separated, in the order of the text
CASES = """
Paracetamol (650mg) => Paracetamol:650mg
Paracetamol  (650mg) => Paracetamol:650mg
Paracetamol 650mg => paracetamol:650mg
Amoxycillin (500mg) + Clavulanic Acid (125mg) => Amoxycillin:500mg, Clavulanic Acid:125mg
Amoxycillin (200mg/5ml) + Clavulanic Acid (28.5mg/5ml) => Amoxycillin:40mg/ml, Clavulanic Acid:5.7mg/ml
Ceftriaxone (1gm) => Ceftriaxone:1000mg
Mifepristone (200mg); Misoprostol (200mcg) => Mifepristone:200mg, Misoprostol:0.2mg
Lactobacillus (5Billion Spores) => Lactobacillus:5000000000spores
Paracetamol => Paracetamol:
Paracetamol (NA) => Paracetamol:
Vitamin D3 (60000IU) => Vitamin D3:60000iu
Povidone Iodine (5% w/w) => Povidone Iodine:5%
Insulin Glargine (100IU/ml) => Insulin Glargine:100iu/ml
(500mg) =>
500mg =>
+ =>
Saline 0.9%w/v => saline:0.9%
"""
SALT = st.tuples(
    st.sampled_from(["Paracetamol", "Caffeine", "Vitamin B12", "Zinc"]),
    st.sampled_from(["5mg", "0.5%", "1000iu", "2mg/ml"]),
)


def rows(text: str, mark: str) -> list[tuple[str, str]]:
    return [(line.split(mark)[0].strip(), line.split(mark)[1].strip()) for line in text.strip().splitlines()]


@pytest.mark.parametrize(("given_name", "compared"), rows(NAMES, " = "))
def test_a_salt_has_one_name(given_name: str, compared: str) -> None:
    assert salt_name(given_name) == compared


@pytest.mark.parametrize(("text", "meant"), rows(CASES, "=>"))
def test_a_composition_is_read(text: str, meant: str) -> None:
    read = [f"{salt.name}:{salt.strength.key if salt.strength else ''}" for salt in read_salts(text)]

    assert ", ".join(read) == meant


@given(st.lists(SALT, min_size=1, max_size=4), st.randoms())
def test_the_order_of_salts_says_nothing(salts: list[tuple[str, str]], shuffle: Random) -> None:
    made = join([name for name, _ in salts], [read_strengths(strength)[0] for _, strength in salts])
    mixed = list(made)
    shuffle.shuffle(mixed)

    assert salt_key(made) == salt_key(mixed) != ""


@given(st.lists(SALT, max_size=5))
def test_stored_salts_are_the_same_again(salts: list[tuple[str, str]]) -> None:
    made = join([name for name, _ in salts], [read_strengths(strength)[0] for _, strength in salts])

    assert from_json(to_json(made)) == made


def test_an_unknown_strength_makes_no_key() -> None:
    assert salt_key(read_salts("Paracetamol (500mg) + Caffeine")) == ""
    assert salt_key([]) == ""


def test_strengths_that_do_not_match_the_salts_are_an_error() -> None:
    with pytest.raises(ValueError, match="one strength for each salt"):
        join(["A", "B"], read_strengths("5mg"))


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for salt in read_salts(text):
        assert salt.name
