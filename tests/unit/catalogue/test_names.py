"""Names of products: brand, form, release and strengths, and what a described product becomes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plazza.catalogue.models.products import PutProduct
from plazza.catalogue.rules.names import FORMS, RELEASE_OF_WORD, read_name
from plazza.catalogue.rules.products import describe, make_content
from plazza.errors import Invalid

# name | brand | form | release | strengths
CASES = """
Dolo 650 Tablet|dolo|tablet||
Dolo 650mg Tablet|dolo|tablet||650mg
Crocin Pain Relief Tablet|crocin pain relief|tablet||
Pan-D Capsule|pan d|capsule||
Pan 40 Tablet|pan|tablet||
Augmentin 625 Duo Tablet|augmentin|tablet||
Augmentin DDS Suspension|augmentin dds|suspension||
Telma 40 Tablet|telma|tablet||
Telma-AM Tablet|telma am|tablet||
Glycomet GP 1 Tablet PR|glycomet gp|tablet|PR|
Glycomet 500 SR Tablet|glycomet|tablet|SR|
Metolar XR 50 Capsule|metolar|capsule|XR|
Ecosprin 75 Tablet EC|ecosprin|tablet|EC|
Azithral 200mg/5ml Suspension|azithral|suspension||40mg/ml
Betadine 5% w/w Ointment|betadine|ointment||5%
Otrivin Adult Nasal Spray|otrivin adult|nasal spray||
Ciplox Eye Drop|ciplox|eye drops||
Ciplox Eye/Ear Drops|ciplox|eye drops||
Soliwax Ear Drops|soliwax|ear drops||
Third Eye 500 Tablet|third eye|tablet||
Salinol Oral Solution|salinol|solution||
Nasivion Nasal Drops|nasivion|nasal drops||
Budecort 0.5mg Respules|budecort|respules||0.5mg
Asthalin 100mcg Inhaler|asthalin|inhaler||0.1mg
Ondem MD 4 Tablet|ondem|tablet|MD|
Amoxyclav 228.5 mg Dry Syrup|amoxyclav|syrup||228.5mg
Lantus 100IU/ml Injection|lantus|injection||100iu/ml
Ns 0.9% w/v Infusion|ns|infusion||0.9%
TAB CALPOL 500|tab calpol|tablet||
Tab|tab|tablet||
650||||
"""
TABLE = [tuple(part.strip() for part in line.split("|")) for line in CASES.strip().splitlines()]


@pytest.mark.parametrize(("name", "brand", "form", "release", "strengths"), TABLE, ids=[row[0] for row in TABLE])
def test_a_name_is_taken_apart(name: str, brand: str, form: str, release: str, strengths: str) -> None:
    named = read_name(name)

    assert (named.brand, named.form, named.release) == (brand, form, release)
    assert " ".join(strength.key for strength in named.strengths) == strengths


@given(st.text(max_size=300))
def test_any_name_is_read_without_an_error(name: str) -> None:
    named = read_name(name)

    assert named.form in FORMS | {""}
    assert named.release in {*RELEASE_OF_WORD.values(), ""}


def put(**said: Any) -> PutProduct:
    return PutProduct.model_validate({"name": "Testol 10 mg Tablet", "mrp_paise": 1000} | said)


def test_what_is_said_goes_before_what_is_read() -> None:
    content = make_content("S1", put(brand="Other", form="capsule", release="SR", strength="20 mg"))

    assert (content.brand, content.form, content.release, content.strength) == ("Other", "capsule", "SR", "20 mg")


def test_a_count_is_a_count_of_the_products_form() -> None:
    tablets, cream = make_content("S1", put(pack_label="10's")), make_content("S1", put(pack_label="1's", form="cream"))

    assert (tablets.pack_quantity, tablets.pack_unit, cream.pack_unit) == (10, "tablet", "piece")


def test_without_a_price_the_mrp_is_the_price() -> None:
    assert make_content("S1", put()).price_paise == 1000
    assert make_content("S1", put(mrp_paise=None)).price_paise is None


@pytest.mark.parametrize(
    ("said", "needed"),
    [
        ({}, True),
        ({"schedule": "none"}, False),
        ({"schedule": "H"}, True),
        ({"schedule": "H", "prescription_required": False}, True),
        ({"prescription_required": False}, False),
        ({"schedule": "none", "prescription_required": True}, True),
    ],
)
def test_a_prescription_is_needed_unless_it_is_said_that_none_is(said: dict[str, Any], *, needed: bool) -> None:
    assert make_content("S1", put(**said)).prescription_required is needed


@pytest.mark.parametrize(
    "wrong",
    [
        {"price_paise": 1001},
        {"mrp_paise": None, "price_paise": 5},
        {"mrp_paise": 0},
        {"mrp_paise": -5},
        {"mrp_paise": 10.5},
        {"gst_bp": 4001},
        {"hsn": "12"},
        {"schedule": "Z"},
        {"name": ""},
        {"name": "x" * 301},
        {"name": "a\x00b"},
        {"salts": [{"salt": "A", "strength": "-5", "unit": "mg"}]},
        {"salts": [{"salt": "A", "strength": "NaN", "unit": "mg"}]},
        {"image_url": "javascript:alert(1)"},
        {"max_per_order": 0},
        {"status": "gone"},
        {"colour": "red"},
    ],
)
def test_what_no_product_may_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        put(**wrong)


@pytest.mark.parametrize(
    "salt",
    [
        {"salt": "A", "strength": "5", "unit": "bananas"},
        {"salt": "A", "strength": "0", "unit": "mg"},
        {"salt": "A", "strength": "20000000", "unit": "mg"},
        {"salt": "A", "strength": "101", "unit": "%"},
    ],
)
def test_a_strength_that_cannot_be_is_refused(salt: dict[str, str]) -> None:
    with pytest.raises(Invalid, match="strength of A cannot be read"):
        make_content("S1", put(salts=[salt]))


def test_a_name_of_signs_alone_is_refused() -> None:
    with pytest.raises(Invalid, match="letter or a digit"):
        make_content("S1", put(name="!!!"))


SAID = st.fixed_dictionaries(
    {"name": st.sampled_from(["Testol 10 mg Tablet", "Testol SR Capsule", "Testol", "Testol 5/500mg Tab"])},
    optional={
        "brand": st.sampled_from(["Testol", "Other"]),
        "form": st.sampled_from(["tablet", "cream"]),
        "strength": st.sampled_from(["10mg", "ten"]),
        "salts": st.just([{"salt": "A", "strength": "10", "unit": "mg"}]),
        "salts_complete": st.booleans(),
        "manufacturer": st.just("Example Labs"),
        "pack_label": st.sampled_from(["strip of 10 tablets", "10's", "odd"]),
        "schedule": st.sampled_from(["none", "H", "X"]),
        "prescription_required": st.booleans(),
        "hsn": st.just("3004"),
        "gst_bp": st.sampled_from([0, 500, 1200]),
        "status": st.sampled_from(["active", "discontinued"]),
        "max_per_order": st.sampled_from([1, 10]),
    },
)


@given(SAID, st.sampled_from([(None, None), (1000, None), (1000, 1000), (1000, 900)]))
def test_a_stored_product_described_again_is_the_same(
    said: dict[str, Any], prices: tuple[int | None, int | None]
) -> None:
    given_prices = {name: price for name, price in zip(("mrp_paise", "price_paise"), prices, strict=True) if price}
    stored = make_content("S1", PutProduct.model_validate(said | given_prices))

    again = make_content("S1", PutProduct.model_validate(describe(stored._asdict())))

    assert again == stored
