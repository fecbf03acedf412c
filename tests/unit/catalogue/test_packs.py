"""Pack labels: how many of what, in the trade's many ways to say it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plazza.catalogue.rules.names import Pack, read_pack

CASES = """
strip of 15 tablets = 15 tablet
strip of 15 Tablets = 15 tablet
strip of 1 tablet = 1 tablet
strip of 10 tablet sr = 10 tablet
strip of 10 capsules = 10 capsule
strip of 10 soft gelatin capsules = 10 capsule
strip of 10 softgels = 10 capsule
strip of 20 Sublingual tablet = 20 tablet
strip of 10 chewable tablets = 10 tablet
10 tablets in 1 strip = 10 tablet
5 soft gelatin capsules in 1 strip = 5 capsule
10 tabs = 10 tablet
10tabs = 10 tablet
10 caps = 10 capsule
10's = 10 piece
10`S = 10 piece
10’s = 10 piece
10 s = 10 piece
10S = 10 piece
10*S = 10 piece
1'S = 1 piece
1x10 = 10 piece
1*10 = 10 piece
10x10 = 100 piece
10 X 15 = 150 piece
10 x 10 tablets = 100 tablet
10x10 tablets = 100 tablet
3 strips of 10 tablets = 30 tablet
box of 2 strips of 10 tablets = 20 tablet
pack of 2 strips of 15 tablets each = 30 tablet
bottle of 60 ml = 60 ml
bottle of 60ml Syrup = 60 ml
bottle of 100 ml Oral Suspension = 100 ml
60ml = 60 ml
bottle of 30 tablets = 30 tablet
tube of 15 gm Cream = 15 g
tube of 15 g ointment = 15 g
15gm = 15 g
vial of 1 Injection = 1 injection
vial of 10 ml Injection = 10 ml
1 vial of 5 ml = 5 ml
pack of 1 pen of 3 ml = 3 ml
5 pens of 3 ml = 15 ml
packet of 200 MDI Inhaler = 200 dose
inhaler of 120 puffs = 120 dose
bottle of 100 sprays = 100 dose
box of 5 sachets = 5 sachet
packet of 21 gm Powder = 21 g
packet of 1 Kit = 1 device
packet of 3 pieces = 3 piece
packet of 30 pcs = 30 piece
5 respules = 5 respule
1 oral solution = 1 solution
1 inhalation capsule = 1 capsule
1 nasal spray = 1 spray
1 eye/ear drops = 1 drops
bottle of 1 Nasal Spray = 1 spray
vial of 1 Infusion = 1 infusion
1 pessary = 1 pessary
1 gum = 1 gum
100 ml Infusion = 100 ml
10 =
1 =
. =
Packaging not mentioned =
strip =
tablets =
strip of tablets =
0 tablets =
0's =
0x10 =
2.5 ml in 1 vial =
prefilled syringe of 0.5 ml Injection =
tube of 21.8 gm =
999999 tablets =
200000 ml =
-10 tablets = 10 tablet
10 bananas =
500mg =
"""  # noqa: RUF001 -- as people type
TABLE = [tuple(part.strip() for part in line.rsplit("=", 1)) for line in CASES.strip().splitlines()]


@pytest.mark.parametrize(("written", "meant"), TABLE, ids=[written for written, _ in TABLE])
def test_a_pack_is_read_or_left_open(written: str, meant: str) -> None:
    quantity, _, unit = meant.partition(" ")

    assert read_pack(written) == (Pack(int(quantity), unit) if meant else None)


def test_an_empty_label_says_nothing() -> None:
    assert read_pack("") is None


@given(st.integers(1, 9_999), st.sampled_from(["tablet", "capsule", "ml", "g"]))
def test_any_count_is_read_again(quantity: int, unit: str) -> None:
    assert read_pack(f"pack of {quantity} {unit}") == Pack(quantity, unit)


@given(st.text(max_size=200))
def test_any_label_is_read_without_an_error(label: str) -> None:
    found = read_pack(label)

    assert found is None or (0 < found.quantity <= 100_000 and found.unit)
