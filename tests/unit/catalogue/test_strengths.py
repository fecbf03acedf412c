"""Strengths as printed and typed: each form the trade uses, one by one, and what must not be read at all."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plazza.catalogue.rules.strengths import (
    Strength,
    label,
    plain,
    read_numbers,
    read_strengths,
    strip_strengths,
    tokens,
)

# What is written → the exact tokens it means, blank-separated; empty: nothing can be read.
CASES = """
dolo 650mg = 650mg
dolo 650 mg = 650mg
Dolo-650mg = 650mg
dolo -650mg = 650mg
DOLO 650MG = 650mg
dolo650mg = 650mg
dolo 650 =
5/500 =
12.5/80 =
100/6 =
70/30 =
650 tablet =
mg =
1:1000 =
500mg = 500mg
500 mgs = 500mg
500 milligram = 500mg
500 milligrams = 500mg
500mg tablet = 500mg
500mgtablet =
500mg sr = 500mg
1g = 1000mg
1 g = 1000mg
1gm = 1000mg
1 gms = 1000mg
1 gram = 1000mg
2 grams = 2000mg
0.5g = 500mg
1.5gm = 1500mg
0.25mg = 0.25mg
.25mg = 0.25mg
Tab. .25 mg = 0.25mg
Inj.40mg = 40mg
00.5mg = 0.5mg
0.50mg = 0.5mg
1.000mg = 1mg
0100mg = 100mg
250mcg = 0.25mg
250 mcgs = 0.25mg
250 microgram = 0.25mg
250 micrograms = 0.25mg
250ug = 0.25mg
250 µg = 0.25mg
250μg = 0.25mg
500mcg = 0.5mg
62.5mcg = 0.0625mg
1000mcg = 1mg
5ng = 0.000005mg
0.4ng =
1,000mg = 1000mg
1,500 mg = 1500mg
１０ｍｇ = 10mg
10㎎ = 10mg
५०० mg = 500mg
२.५ mg = 2.5mg
125mg/5ml = 25mg/ml
125 mg/5 ml = 25mg/ml
125 mg / 5 ml = 25mg/ml
125MG/5ML = 25mg/ml
125mg per 5ml = 25mg/ml
125mg per ml = 125mg/ml
250mg/5ml = 50mg/ml
100mg/5ml = 20mg/ml
2.5mg/2.5ml = 1mg/ml
40 mcg/ml = 0.04mg/ml
75 mcg/0.3 ml = 0.25mg/ml
40mg/0.4ml = 100mg/ml
60mg/.6ml = 100mg/ml
20mg/2ml = 10mg/ml
1gm/10ml = 100mg/ml
5g/100ml = 50mg/ml
1g/l = 1mg/ml
20 mmol/l = 0.02mmol/ml
10mg/3ml = 3.333333mg/ml
5mg/0ml =
2 mg/g = 2mg/g
2mg/gm = 2mg/g
5mg/5gm = 1mg/g
15mg/5g = 3mg/g
100mcg/puff = 0.1mg/dose
100 mcg per puff = 0.1mg/dose
100mcg/actuation = 0.1mg/dose
100mcg/dose = 0.1mg/dose
100mcg/md = 0.1mg/dose
50 mcg/spray = 0.05mg/dose
25mcg/hr = 0.025mg/hr
30mg/24h = 1.25mg/hr
20 mg/vial = 20mg/vial
1gm/vial = 1000mg/vial
10mg/tab = 10mg
5mg/tablet = 5mg
1% = 1%
1 % = 1%
2.5% = 2.5%
0.05% = 0.05%
0.5%w/v = 0.5%
0.5% w/v = 0.5%
0.05 % w/w = 0.05%
10% v/v = 10%
70%v/v = 70%
0.9%w/v infusion = 0.9%
5%cream = 5%
100% = 100%
150% =
0.1%/0.05% = 0.1% 0.05%
0.1/0.05% = 0.1% 0.05%
0.3% w/v + 0.1% w/v = 0.3% 0.1%
1% + 0.025% + 2% = 1% 0.025% 2%
60000iu = 60000iu
60000 IU = 60000iu
60,000 IU = 60000iu
60000 i.u. = 60000iu
60000 i.u = 60000iu
60k iu = 60000iu
60 k iu = 60000iu
60K =
10 lakh iu = 1000000iu
10 lakhs iu = 1000000iu
10 lac iu = 1000000iu
2 lacs units = 200000iu
6 lac units = 600000iu
10,00,000 iu = 1000000iu
1,00,000 iu = 100000iu
1.5 million iu = 1500000iu
1 mio iu = 1000000iu
2.4 mega units = 2400000iu
5000u = 5000iu
5000 units = 5000iu
1 unit = 1iu
40 units/ml = 40iu/ml
100IU/ml = 100iu/ml
100iu/1ml = 100iu/ml
25000 iu/5ml = 5000iu/ml
30/70 100iu/ml = 100iu/ml
10 lakh =
5 million =
10 meq = 10meq
20 meq/15ml = 1.333333meq/ml
10 mmol = 10mmol
100 million cfu = 100000000cfu
5 billion cfu = 5000000000cfu
5billion cfu = 5000000000cfu
112.5Billion CFU = 112500000000cfu
2 billion spores = 2000000000spores
150million spores = 150000000spores
60 million cells = 60000000cells
10000PFU = 10000pfu
5 billion =
3 miu =
1 MU =
500mg+125mg = 500mg 125mg
500 mg + 125 mg = 500mg 125mg
500/125 mg = 500mg 125mg
500/125mg = 500mg 125mg
5/500mg = 5mg 500mg
5 / 500 mg = 5mg 500mg
80/12.5mg = 80mg 12.5mg
80mg/12.5mg = 80mg 12.5mg
50/500/5mg = 50mg 500mg 5mg
20/5/12.5 mg = 20mg 5mg 12.5mg
1/2/500/15 mg = 1mg 2mg 500mg 15mg
5+500 mg = 5mg 500mg
6/200 mcg = 0.006mg 0.2mg
6mcg/200mcg = 0.006mg 0.2mg
20mcg/5mg = 0.02mg 5mg
250mg/5mg/10mg = 250mg 5mg 10mg
400mg + 57mg/5ml = 400mg 11.4mg/ml
Amoxycillin 500 mg and Clavulanic Acid 125 mg = 500mg 125mg
Vitamin D3 60000 IU = 60000iu
Vitamin B12 1500 mcg = 1.5mg
B12 500mcg = 0.5mg
Human Insulin 40IU/ml 10ml = 40iu/ml
-5mg =
(-5mg) =
( - 5 mg ) =
0mg =
0.0mg =
000 iu =
1.2.3mg =
1..5mg =
1e5mg =
1e5 mg =
5 m g =
5mgs/ml = 5mg/ml
500mge =
200ml =
0.5ml =
3.75ml/5ml =
10ppm =
50000AU =
5LF =
NA =
99999999999999999999mg =
20000000 mg =
20 kg =
five mg =
½ mg =
1½ mg =
10² mg =
5x10⁶ cfu =
5 x 10^6 cfu =
Vitamin B₁₂ 5mg = 5mg
10mg/kg = 10mg
strip of 10 tablets =
pack of 2 units = 2iu
"""  # noqa: RUF001 -- as people type
TABLE = [tuple(part.strip() for part in line.rsplit("=", 1)) for line in CASES.strip().splitlines()]
STRENGTHS = st.builds(
    lambda value, kind: Strength((Decimal(value) / 1_000_000).normalize(), *kind),
    st.integers(1, 10**12),
    st.sampled_from([("mg", ""), ("mg", "ml"), ("mg", "g"), ("mg", "dose"), ("iu", ""), ("iu", "ml"), ("mmol", "ml"), ("cfu", "")]),
)  # fmt: skip


@pytest.mark.parametrize(("written", "meant"), TABLE, ids=[written for written, _ in TABLE])
def test_a_strength_is_read_exactly_or_not_at_all(written: str, meant: str) -> None:
    assert [strength.key for strength in read_strengths(written)] == meant.split()


def test_the_table_is_long() -> None:
    assert len(TABLE) >= 175
    assert len({written for written, _ in TABLE}) == len(TABLE)


@given(STRENGTHS)
def test_what_is_written_is_read_again(strength: Strength) -> None:
    assert read_strengths(strength.key) == [strength]


@given(st.lists(STRENGTHS, min_size=1, max_size=5))
def test_a_label_is_read_again(strengths: list[Strength]) -> None:
    assert read_strengths(label(strengths)) == strengths


@given(st.lists(STRENGTHS, min_size=1, max_size=4))
def test_nothing_is_left_of_a_label_without_its_strengths(strengths: list[Strength]) -> None:
    assert read_strengths(strip_strengths(label(strengths))) == []


@given(st.integers(1, 999_999), st.integers(1, 500))
def test_the_same_amount_in_another_unit_is_the_same_strength(amount: int, per: int) -> None:
    in_mg, in_mcg = read_strengths(f"{amount}mg/{per}ml"), read_strengths(f"{amount * 1000} mcg / {per} ml")

    assert in_mg == in_mcg
    assert len(in_mg) == 1


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_another_amount_is_another_strength(one: int, other: int) -> None:
    keys = {strength.key for strength in read_strengths(f"{one}mg + {other}mg")}

    assert len(keys) == (1 if one == other else 2)


@given(st.text(max_size=300))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for strength in read_strengths(text):
        assert strength.value > 0
        assert read_strengths(strength.key) == [strength]


@given(st.text(alphabet="0123456789./+-%emgculiknIU ", max_size=60))
def test_any_heap_of_numbers_and_units_is_read_without_an_error(text: str) -> None:
    for strength in read_strengths(text):
        assert 0 < strength.value <= 10**15


@pytest.mark.parametrize("hostile", ["1/" * 50_000, "9" * 100_000, "1 " * 50_000 + "mg", "1.5" * 30_000, "%" * 100_000])
def test_a_hostile_text_is_read_in_time(hostile: str) -> None:
    assert len(read_strengths(hostile)) <= 1


def test_numbers_are_read_as_they_are_compared() -> None:
    assert read_numbers("Telmivane 80/12.50 and 1,000, .5") == {"80", "12.5", "1000", "0.5"}


def test_a_small_strength_is_found_by_either_number() -> None:
    assert tokens(read_strengths("0.5mg")) == {"0.5", "500", "0.5mg"}


def test_a_number_is_written_plainly() -> None:
    assert [plain(Decimal(number)) for number in ("1E+3", "10.500", "-0", "0.000001")] == [
        "1000",
        "10.5",
        "0",
        "0.000001",
    ]
