"""The order of answers, without an engine: numbers never fuzz, exact names first, what differs carries its mark."""

import json
from collections.abc import Sequence

from plazza.catalogue.actions.candidates import confusable_pairs, synonyms
from plazza.catalogue.rules import documents
from plazza.catalogue.rules.confusables import confusables
from plazza.catalogue.rules.names import read_name
from plazza.catalogue.rules.query import parse
from plazza.catalogue.rules.ranking import Candidate, Ranked, Tier, rank
from plazza.catalogue.rules.salts import read_salts, to_json


def product(name: str, salts: str = "", form: str = "") -> Candidate:
    """A candidate as the index would hand it back, with its name as id."""
    named = read_name(name)
    keys = documents.keys_of(name, named.brand, named.release, to_json(read_salts(salts)), "Deccanova")
    view = {"id": name, "sku": name, "form": form or named.form}
    source = json.loads(json.dumps({**keys, "view": view, "popularity": 0}))
    return documents.candidate_of(source)


def search(typed: str, *products: Candidate) -> list[Ranked]:
    """The answers to a query among some products."""
    return rank(parse(typed, synonyms()), products)


def names(found: Sequence[Ranked]) -> list[str]:
    return [one.candidate.id for one in found]


DOLO_650 = product("Dolvane 650 Tablet", "Paracetamol (650mg)")
DOLO_500 = product("Dolvane 500 Tablet", "Paracetamol (500mg)")
DOLO_SYRUP = product("Dolvane 250mg/5ml Suspension", "Paracetamol (250mg/5ml)")
DOLO_COLD = product("Dolvane Cold Tablet", "Paracetamol (500mg) + Phenylephrine (10mg)")


def test_the_strength_typed_stands_first_and_another_carries_its_mark() -> None:
    found = search("dolvane 650", DOLO_500, DOLO_650)

    assert names(found) == ["Dolvane 650 Tablet", "Dolvane 500 Tablet"]
    assert [one.strength_differs for one in found] == [False, True]


def test_a_strength_that_nobody_has_marks_every_answer() -> None:
    assert all(one.strength_differs for one in search("dolvane 651", DOLO_500, DOLO_650))


def test_a_misspelt_name_with_the_strength_typed_stands_below_the_name_itself() -> None:
    other = product("Dolvene 650 Tablet", "Nimesulide (650mg)")

    found = search("dolvane 650", other, DOLO_500, DOLO_650)

    assert names(found)[0] == "Dolvane 650 Tablet"
    assert found[-1].tier is Tier.SIMILAR
    assert found[-1].name_differs


def test_the_sum_by_which_a_combination_is_known_is_its_strength() -> None:
    sum_named = product("Mogavane 625 Duo Tablet", "Amoxycillin (500mg) + Clavulanic Acid (125mg)")
    printed = product("MOGAVANE 375 TAB")

    assert not search("mogavane 625mg", sum_named)[0].strength_differs
    assert not search("mogavane 375mg", printed)[0].strength_differs


def test_a_combination_that_carries_another_number_stands_below_and_is_marked() -> None:
    part = product("Serovane 100 Rotacaps", "Salmeterol (50mcg) + Fluticasone (100mcg)")
    named = product("Serovane 50 Rotacaps", "Salmeterol (25mcg) + Fluticasone (50mcg)")

    found = search("serovane 50", part, named)

    assert names(found) == ["Serovane 50 Rotacaps", "Serovane 100 Rotacaps"]
    assert [one.strength_differs for one in found] == [False, True]


def test_two_layers_of_one_salt_are_not_their_sum_when_the_salt_is_asked_for() -> None:
    layers = product("Aravane 300mg/700mg Tablet SR", "Paracetamol (300mg) + Paracetamol (700mg)")
    whole = product("Zaravane 1000mg Tablet", "Paracetamol (1000mg)")

    found = search("paracetamol 1000 mg", layers, whole)

    assert names(found)[0] == "Zaravane 1000mg Tablet"
    assert [one.strength_differs for one in found] == [False, True]


def test_a_strength_printed_as_typed_stands_before_the_same_in_another_unit() -> None:
    milli, micro = (
        product("Tamvane 0.4mg Tablet", "Tamsulosin (0.4mg)"),
        product("Zamvane 400mcg Tablet", "Tamsulosin (400mcg)"),
    )

    found = search("tamsulosin 400", milli, micro)

    assert names(found)[0] == "Zamvane 400mcg Tablet"
    assert not any(one.strength_differs for one in found)


def test_who_types_no_release_means_what_works_at_once() -> None:
    slow, melting = product("LAMIVANE OD 100MG TAB"), product("Lamivane DT 100 Tablet", "Lamotrigine (100mg)")

    assert names(search("lamivane 100mg", slow, melting))[0] == "Lamivane DT 100 Tablet"
    assert names(search("lamivane od 100mg", slow, melting))[0] == "LAMIVANE OD 100MG TAB"


def test_a_form_of_two_words_is_the_same_as_of_one() -> None:
    gargle = product("Betavane 2% Gargle", "Povidone Iodine (2%)", form="mouth wash")

    assert not search("betavane gargle", gargle)[0].form_differs


def test_the_same_figure_in_another_unit_stands_before_other_strengths_and_is_marked() -> None:
    small, large = (
        product("Minivane 60mcg Tablet", "Desmopressin (60mcg)"),
        product("Minivane 120mcg Tablet", "Desmopressin (120mcg)"),
    )

    found = search("minivane 60mg", large, small)

    assert names(found)[0] == "Minivane 60mcg Tablet"
    assert all(one.strength_differs for one in found)


def test_a_brand_with_its_release_in_the_middle_is_found_without_it() -> None:
    forte = product("Etovane-MR Forte Tablet", "Etodolac (400mg) + Thiocolchicoside (8mg)")

    assert search("etovaneforte mr", forte)[0].tier <= Tier.WORDS


def test_of_two_names_as_far_away_the_one_that_sounds_the_same_is_meant() -> None:
    heard, other = product("Ketovol Tablet", "Ketorolac (10mg)"), product("Ketdovol Cream", "Ketoconazole (2%)")

    assert names(search("kethovol", other, heard))[0] == "Ketovol Tablet"


def test_the_plain_name_stands_before_one_that_says_more() -> None:
    found = search("dolvane tablet", DOLO_COLD, DOLO_500)

    assert names(found) == ["Dolvane 500 Tablet", "Dolvane Cold Tablet"]
    assert [one.name_differs for one in found] == [False, True]


def test_a_full_name_means_its_own_strength() -> None:
    plain, strong = (
        product("Akrivane Tablet", "Rosuvastatin (5mg)"),
        product("Akrivane 10 Tablet", "Rosuvastatin (10mg)"),
    )

    found = search("Akrivane Tablet", strong, plain)

    assert names(found)[0] == "Akrivane Tablet"
    assert [one.strength_differs for one in found] == [False, True]


def test_the_form_typed_stands_first_and_another_carries_its_mark() -> None:
    found = search("dolvane syrup", DOLO_500, DOLO_SYRUP)

    assert names(found)[0] == "Dolvane 250mg/5ml Suspension"
    assert [one.form_differs for one in found] == [False, True]


def test_a_release_typed_is_never_taken_for_plain() -> None:
    plain, slow = (
        product("Metrane 500 Tablet", "Metformin (500mg)"),
        product("Metrane SR 500 Tablet", "Metformin (500mg)"),
    )

    found = search("metrane 500 sr", plain, slow)

    assert names(found)[0] == "Metrane SR 500 Tablet"
    assert [one.release_differs for one in found] == [False, True]


def test_joined_and_split_words_are_one_name() -> None:
    pan_d = product("Panzo-D Capsule SR", "Pantoprazole (40mg) + Domperidone (30mg)")

    for typed in ("panzo d", "panzod", "panzo-d", "pan zo d"):
        assert search(typed, pan_d)[0].tier <= Tier.WORDS, typed


def test_a_letter_left_out_or_two_swapped_are_likelier_than_one_changed() -> None:
    meant, other = product("Parametol Tablet", "Metoclopramide (5mg)"), product("Paramexol Tablet", "Diclofenac (50mg)")

    assert names(search("paramteol", other, meant))[0] == "Parametol Tablet"
    assert names(search("parametl", other, meant))[0] == "Parametol Tablet"


def test_a_salt_with_a_number_means_a_piece_and_not_a_concentration() -> None:
    lotion, tablet = (
        product("Minoxane 10% Lotion", "Minoxidil (10% w/v)"),
        product("Lonivane 10 Tablet", "Minoxidil (10mg)"),
    )

    found = search("minoxidil 10", lotion, tablet)

    assert names(found)[0] == "Lonivane 10 Tablet"
    assert found[1].strength_differs


def test_exactly_the_salts_asked_for_stand_before_more_salts() -> None:
    assert names(search("paracetamol", DOLO_COLD, DOLO_500)) == ["Dolvane 500 Tablet", "Dolvane Cold Tablet"]
    assert names(search("phenylephrine paracetamol", DOLO_500, DOLO_COLD))[0] == "Dolvane Cold Tablet"


def test_a_need_finds_its_salts_in_the_order_of_the_list() -> None:
    other = product("Ibuvane 400 Tablet", "Ibuprofen (400mg)")

    assert names(search("bukhar ki dawai", other, DOLO_COLD, DOLO_500))[:2] == [
        "Dolvane 500 Tablet",
        "Ibuvane 400 Tablet",
    ]


def test_what_answers_less_than_half_is_no_answer() -> None:
    assert search("zzzzqqqq", DOLO_500) == []
    assert search("", DOLO_500) == []


def test_names_alike_on_other_salts_are_shown_as_a_choice() -> None:
    other = product("Dolvene 650 Tablet", "Nimesulide (650mg)")

    found = confusables([DOLO_650, DOLO_500, other], confusable_pairs())

    assert found == {
        DOLO_650.id: [other.id], DOLO_500.id: [other.id], other.id: [DOLO_650.id],
    }  # fmt: skip


def test_salts_known_to_be_confused_are_shown_as_a_choice() -> None:
    one, other = product("Hydravane Tablet", "Hydralazine (25mg)"), product("Ataxane Tablet", "Hydroxyzine (25mg)")

    assert confusables([one, other], confusable_pairs()) == {one.id: [other.id], other.id: [one.id]}


def test_the_same_salt_is_no_confusion() -> None:
    assert confusables([DOLO_650, product("Dolvene 650 Tablet", "Paracetamol (650mg)")], confusable_pairs()) == {}
