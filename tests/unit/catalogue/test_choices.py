"""Which misspelt names only the person who typed them can make out, and which answers stand for themselves."""

from plazza.catalogue.actions.candidates import synonyms
from plazza.catalogue.rules.choices import MOST_CHOICES, choices
from plazza.catalogue.rules.query import parse
from tests.unit.catalogue.test_ranking import Candidate, names, product, search

FIBROVANE = product("Fibrovane Tablet", "Fenofibrate (160mg)")
FIBRIVANE = product("Fibrivane 10 Tablet", "Atorvastatin (10mg)")
FIBRIVANE_20 = product("Fibrivane 20 Tablet", "Atorvastatin (20mg)")


def choice(typed: str, *products: Candidate) -> list[str]:
    return sorted(names(choices(parse(typed, synonyms()), search(typed, *products))))


def test_two_brands_as_like_are_a_choice_of_one_product_each() -> None:
    assert choice("fibrvane", FIBROVANE, FIBRIVANE, FIBRIVANE_20) == ["Fibrivane 10 Tablet", "Fibrovane Tablet"]


def test_two_compositions_of_one_brand_are_a_choice() -> None:
    itopride = product("Pantovan IT Capsule SR", "Pantoprazole (40mg) + Itopride (150mg)")
    levosulpiride = product("Pantovan L Capsule SR", "Pantoprazole (40mg) + Levosulpiride (75mg)")

    assert len(choice("pamtovan sr", itopride, levosulpiride)) == 2


def test_a_brand_spelt_as_typed_leaves_no_choice() -> None:
    assert choice("fibrovane", FIBROVANE, FIBRIVANE) == []
    assert choice("fibro", FIBROVANE, FIBRIVANE) == []


def test_a_name_without_its_last_letter_is_a_choice_when_another_sounds_as_typed() -> None:
    begun, heard = product("Okovane Injection", "Omeprazole (40mg)"), product("Okovona Soap", "Ketoconazole (1%)")

    assert choice("okovan", begun, heard) == []
    assert choice("okovane", begun, heard) == []
    assert choice("okovone", product("Okovonex Injection", "Omeprazole (40mg)"), heard) == [
        "Okovona Soap",
        "Okovonex Injection",
    ]


def test_a_look_alike_one_error_further_away_is_a_choice() -> None:
    near, far = product("Ravkast 250 Tablet", "Levofloxacin (250mg)"), product("Ravokast Tablet", "Montelukast (10mg)")

    assert choice("ravksat", near, far) == ["Ravkast 250 Tablet", "Ravokast Tablet"]
    assert choice("ravkast", near, far) == []
    assert choice("ravksat 250", near, far) == []


def test_a_name_further_away_of_which_no_salts_are_known_leaves_it_to_the_nearest() -> None:
    near = product("Ravkast 250 Tablet", "Levofloxacin (250mg)")

    assert choice("ravksat", near, product("Ravokast Tablet")) == []


def test_a_misspelt_name_in_another_form_is_asked_about_also_alone() -> None:
    assert choice("fibrvane syrup", FIBROVANE) == ["Fibrovane Tablet"]


def test_of_misspelt_names_that_all_say_more_how_much_does_not_decide() -> None:
    once = product("Derivane OD 300 Tablet PR", "Theophylline (300mg)")
    other = product("Derivane S Tablet PR", "Etofylline (231mg) + Theophylline (69mg)")

    assert choice("derivne pr", once, other) == ["Derivane OD 300 Tablet PR", "Derivane S Tablet PR"]


def test_a_brand_that_is_much_more_alike_leaves_no_choice() -> None:
    other = product("Fibrkovane Tablet", "Atorvastatin (10mg)")

    assert choice("fibrovne", FIBROVANE, other) == []


def test_a_name_as_near_that_is_no_look_alike_leaves_it_to_the_nearest() -> None:
    other = product("Fibolvakne Tablet", "Atorvastatin (10mg)")

    assert names(search("fibovane", FIBROVANE, other)) == ["Fibrovane Tablet", "Fibolvakne Tablet"]
    assert choice("fibovane", FIBROVANE, other) == []


def test_what_else_a_look_alike_says_does_not_decide() -> None:
    plain, slow = (
        product("Tiravolin 100 Tablet", "Nimesulide (100mg)"),
        product("Triavolin Tablet MR", "Trimetazidine (35mg)"),
    )

    assert choice("tirvolin", plain, slow) == ["Tiravolin 100 Tablet", "Triavolin Tablet MR"]


def test_a_brand_cut_short_before_its_release_is_a_choice_of_its_compositions() -> None:
    itopride = product("Pantovan IT Capsule SR", "Pantoprazole (40mg) + Itopride (150mg)")
    levosulpiride = product("Pantovan L Capsule SR", "Pantoprazole (40mg) + Levosulpiride (75mg)")

    assert choice("pantova sr", itopride, levosulpiride) == ["Pantovan IT Capsule SR", "Pantovan L Capsule SR"]
    assert choice("pantova sr", itopride) == []
    assert choice("pantova", itopride, levosulpiride) == []


def test_a_brand_split_where_it_is_only_begun_leaves_no_choice() -> None:
    plain = product("Pantovane Tablet", "Pantoprazole (40mg)")
    other = product("Pantovane L Tablet", "Pantoprazole (40mg) + Levosulpiride (75mg)")

    assert choice("panto van", plain, other) == []


def test_a_misspelt_name_that_answers_only_a_part_is_asked_about_also_alone() -> None:
    alone = product("Nervivane Injection", "Methylcobalamin (500mcg)")

    assert choice("nevivane p", alone) == ["Nervivane Injection"]
    assert choice("nervivane p", alone) == []


def test_two_brands_of_one_composition_leave_no_choice() -> None:
    assert choice("fibrvane", FIBROVANE, product("Fibrivane Tablet", "Fenofibrate (160mg)")) == []


def test_a_number_that_only_one_has_leaves_no_choice() -> None:
    assert choice("fibrvane 160", FIBROVANE, FIBRIVANE) == []


def test_a_misspelt_name_with_another_strength_is_asked_about_also_alone() -> None:
    assert choice("fibrvane 500", FIBRIVANE) == ["Fibrivane 10 Tablet"]


def test_a_salt_that_is_misspelt_is_no_choice_between_its_brands() -> None:
    assert choice("atorvastatn", FIBRIVANE, product("Lipivane Tablet", "Atorvastatin (10mg)")) == []


def test_no_more_are_offered_than_can_be_looked_over() -> None:
    many = [product(f"Fibr{letter}vane Tablet", f"Salt{letter} (10mg)") for letter in "bcdfgjklm"]

    assert len(choice("fibrvane", *many)) == MOST_CHOICES


def test_nothing_found_leaves_nothing_to_choose() -> None:
    assert choices(parse("fibrovane", synonyms()), []) == []
