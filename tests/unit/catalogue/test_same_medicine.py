"""Which medicines are the same, beyond what the sample catalogue has."""

from decimal import Decimal
from fractions import Fraction

import pytest

from plazza.catalogue.rules import salts, substitutes
from plazza.catalogue.rules.salts import Salt
from plazza.catalogue.rules.strengths import Strength
from plazza.catalogue.rules.substitutes import Medicine


def medicine(
    composition: str, form: str = "tablet", release: str = "", pack_unit: str = "tablet", pack_label: str = ""
) -> Medicine:
    return Medicine(salts.read_salts(composition), form, release, pack_unit, pack_label)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (medicine("Amoxycillin (500mg)"), medicine("Amoxicillin (500mg)")),
        (medicine("Metformin (500mg)"), medicine("Metformin Hydrochloride (500mg)")),
        (medicine("Telmisartan (40mg) + Amlodipine (5mg)"), medicine("Amlodipine (5mg) + Telmisartan (40mg)")),
        (medicine("Thiocolchicoside (0.5g)"), medicine("Thiocolchicoside (500mg)")),
        (medicine("Metformin (1g)", release="sr"), medicine("Metformin (1000mg)", release="SR")),
        (medicine("Cefixime (100mg)", pack_unit="piece"), medicine("Cefixime (100mg)")),
        (medicine("Diclofenac Sodium (50mg)"), medicine("Diclofenac Sodium (50mg)")),
    ],
)
def test_the_same_medicine_is_known_however_it_is_printed(one: Medicine, other: Medicine) -> None:
    assert substitutes.can_replace(one, other)
    assert substitutes.can_replace(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (medicine("Diclofenac Sodium (50mg)"), medicine("Diclofenac Potassium (50mg)")),
        (medicine("Metoprolol Succinate (50mg)"), medicine("Metoprolol Tartrate (50mg)")),
        (medicine("Metformin (500mg)", release="SR"), medicine("Metformin (500mg)", release="XR")),
        (medicine("Lamivudine (5mg) + Zidovudine (10mg)"), medicine("Lamivudine (10mg) + Zidovudine (5mg)")),
        (
            medicine("Salbutamol (100mcg)", "inhaler", "", "dose"),
            medicine("Salbutamol (100mcg)", "inhaler", "", "rotacap"),
        ),
        (
            medicine("Enoxaparin (40mg)", "injection", "", "ml", "vial of 1 ml"),
            medicine("Enoxaparin (40mg)", "injection", "", "ml", "pack of 1 pen of 1 ml"),
        ),
        (medicine("Cefixime (100mg)", form=""), medicine("Cefixime (100mg)", form="")),
        (medicine("Cefixime"), medicine("Cefixime")),
        (medicine(""), medicine("")),
    ],
)
def test_another_medicine_and_an_unknown_one_are_no_substitute(one: Medicine, other: Medicine) -> None:
    assert not substitutes.can_replace(one, other)
    assert not substitutes.can_replace(other, one)


def test_a_salt_without_strength_beside_one_with_is_unknown() -> None:
    half = Medicine(
        [Salt("Cefixime", Strength(Decimal(200), "mg")), Salt("Ofloxacin", None)], "tablet", "", "tablet", ""
    )

    assert not substitutes.can_replace(half, half)


@pytest.mark.parametrize(
    "salt",
    ["Warfarin Sodium", "LEVOTHYROXINE", "Thyroxine Sodium", "Digoxin", "Phenytoin Sodium", "Insulin Human", "Insulin Isophane", "Cyclosporine"],
)  # fmt: skip
def test_narrow_salts_are_known_under_their_names(salt: str) -> None:
    assert substitutes.is_narrow(["Paracetamol", salt])


@pytest.mark.parametrize("salt", ["Paracetamol", "Inositol", "Lithospermum", "Metformin"])
def test_other_salts_are_not_narrow(salt: str) -> None:
    assert not substitutes.is_narrow([salt])


@pytest.mark.parametrize(
    ("quantity", "pack", "other", "packs"),
    [
        (1, 10, 10, 1),
        (1, 15, 10, 2),
        (2, 15, 10, 3),
        (1, 3, 10, 1),
        (3, 10, 15, 2),
        (1, None, 10, None),
        (1, 10, None, None),
    ],
)
def test_packs_hold_at_least_what_was_asked_for(
    quantity: int, pack: int | None, other: int | None, packs: int | None
) -> None:
    assert substitutes.packs_for(quantity, pack, other) == packs


def test_the_order_is_stock_then_price_of_a_unit_then_sku() -> None:
    keys = [
        substitutes.order_key(in_stock=True, price_paise=900, unit_price=Fraction(90), sku="b"),
        substitutes.order_key(in_stock=True, price_paise=100, unit_price=None, sku="a"),
        substitutes.order_key(in_stock=True, price_paise=None, unit_price=None, sku="a"),
        substitutes.order_key(in_stock=False, price_paise=10, unit_price=Fraction(1), sku="a"),
        substitutes.order_key(in_stock=False, price_paise=10, unit_price=Fraction(1), sku="b"),
    ]

    assert sorted(keys) == keys
