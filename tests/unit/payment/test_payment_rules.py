"""Payments come to the same end in whatever order, and however often, they are told."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plazza.errors import Conflict
from plazza.payment import rules
from plazza.payment.rules import Attempt, Books, Report, Standing, Verdict

ASKED = 45_950
STATUSES = ("failed", "authorized", "captured")


class Book:
    """A payment's rows in short: what `settlement` writes for each verdict."""

    def __init__(self, *, is_order_gone: bool = False) -> None:
        self.is_order_gone = is_order_gone
        self.status = "created"
        self.attempts: dict[str, str] = {}
        self.captured: dict[str, int] = {}
        self.settled_by: list[str] = []
        self.given_back: list[str] = []

    def tell(self, report: Report) -> Verdict:
        standing = Standing(ASKED, bool(self.settled_by), self.is_order_gone)
        verdict = rules.judge(standing, self.attempts.get(report.razorpay_payment_id), report)
        if verdict is Verdict.NOTHING:
            return verdict
        self.attempts[report.razorpay_payment_id] = report.status
        self.status = rules.status_after(self.status, verdict)
        if report.status == "captured":
            self.captured[report.razorpay_payment_id] = report.amount_paise
        if verdict is Verdict.SETTLE:
            self.settled_by.append(report.razorpay_payment_id)
        if verdict in {Verdict.SECOND, Verdict.TOO_LATE}:
            self.given_back.append(report.razorpay_payment_id)
        return verdict

    def end(self) -> tuple[object, ...]:
        """Give what must not depend on the order; which of two equal captures settles may."""
        back = sorted(self.captured[ident] for ident in self.given_back)
        return self.status, self.attempts, self.captured, len(self.settled_by), back


def report(ident: str = "pay_1", status: str = "captured", amount_paise: int = ASKED, currency: str = "INR") -> Report:
    return Report(ident, status, amount_paise, currency, "upi")


@st.composite
def tellings(draw: st.DrawFn) -> tuple[list[Report], list[Report]]:
    """Two tellings of the same facts: other orders, other repetitions."""
    facts: list[Report] = []
    for number in range(draw(st.integers(1, 4))):
        amount = draw(st.sampled_from([ASKED, ASKED, ASKED, ASKED - 1, 2 * ASKED]))
        currency = draw(st.sampled_from(["INR", "INR", "INR", "USD"]))
        statuses = draw(st.lists(st.sampled_from(STATUSES), min_size=1, max_size=3, unique=True))
        facts += [report(f"pay_{number}", status, amount, currency) for status in statuses]
    again = st.lists(st.sampled_from(facts), max_size=6)
    first, second = (draw(st.permutations(facts + draw(again))) for _ in range(2))
    return first, second


@given(tellings(), st.booleans())
def test_any_order_and_repetition_ends_in_the_same_state(told: tuple[list[Report], list[Report]], gone: bool) -> None:
    books = []
    for telling in told:
        book = Book(is_order_gone=gone)
        for one in telling:
            book.tell(one)
        books.append(book)

    assert books[0].end() == books[1].end()


@given(tellings(), st.booleans())
def test_money_settles_once_and_what_goes_back_was_captured(
    told: tuple[list[Report], list[Report]], gone: bool
) -> None:
    book = Book(is_order_gone=gone)

    for one in told[0]:
        book.tell(one)

    right = [ident for ident, amount in book.captured.items() if amount == ASKED]
    assert len(book.settled_by) <= (0 if gone else 1)
    assert len(set(book.given_back)) == len(book.given_back)
    assert set(book.given_back) <= set(book.captured)
    assert not set(book.given_back) & set(book.settled_by)
    if book.settled_by:
        assert book.settled_by[0] in right


def test_a_failed_payment_may_be_captured_late() -> None:
    book = Book()

    verdicts = [book.tell(report(status=status)) for status in ("failed", "authorized", "captured", "failed")]

    assert verdicts == [Verdict.NOTE, Verdict.NOTE, Verdict.SETTLE, Verdict.NOTHING]
    assert book.status == "captured"


def test_a_second_payment_goes_back() -> None:
    book = Book()

    assert [book.tell(report("pay_1")), book.tell(report("pay_2"))] == [Verdict.SETTLE, Verdict.SECOND]


def test_a_payment_for_an_order_that_is_gone_goes_back_whatever_its_amount() -> None:
    for amount in (ASKED, ASKED - 1):
        assert Book(is_order_gone=True).tell(report(amount_paise=amount)) is Verdict.TOO_LATE


def test_another_amount_or_currency_or_money_given_back_by_hand_waits_for_a_person() -> None:
    for strange in (report(amount_paise=1), report(currency="USD"), report()._replace(returned_paise=1)):
        book = Book()

        assert book.tell(strange) is Verdict.WRONG_AMOUNT
        assert (book.status, book.settled_by) == ("conflicted", [])


def test_the_right_amount_settles_after_a_wrong_one_and_the_person_is_still_asked_for() -> None:
    book = Book()

    verdicts = [book.tell(report("pay_1", amount_paise=1)), book.tell(report("pay_2"))]

    assert verdicts == [Verdict.WRONG_AMOUNT, Verdict.SETTLE]
    assert book.status == "conflicted"


@given(st.lists(st.tuples(st.integers(1, 1_000), st.integers(0, 1_000)), max_size=5), st.integers(1, 1_000))
def test_a_refund_never_exceeds_what_is_left_of_one_attempt(amounts: list[tuple[int, int]], wanted: int) -> None:
    attempts = [Attempt(f"pay_{n}", amount, min(back, amount)) for n, (amount, back) in enumerate(amounts)]
    most = max((attempt.left_paise for attempt in attempts), default=0)

    usable = [left for attempt in attempts if (left := attempt.left_paise) == wanted or left - wanted >= 100]
    if not usable:
        with pytest.raises(Conflict) as refused:
            rules.choose_attempt(attempts, wanted)
        assert wanted <= most or refused.value.details == {"left_paise": most}
    else:
        assert rules.choose_attempt(attempts, wanted).left_paise == min(usable)


@pytest.mark.parametrize("left_paise", [1, 99])
def test_a_refund_that_would_leave_less_than_a_rupee_is_refused(left_paise: int) -> None:
    """Razorpay refunds no less than ₹1: such a rest could never be given back, not even when the order is cancelled."""
    with pytest.raises(Conflict) as refused:
        rules.choose_attempt([Attempt("pay_1", 50_000, 10_000)], 40_000 - left_paise)

    assert refused.value.details == {"reason": "REST_TOO_SMALL", "left_paise": 40_000}
    assert rules.choose_attempt([Attempt("pay_1", 50_000, 10_000)], 39_900).left_paise == 40_000
    assert rules.choose_attempt([Attempt("pay_1", 50_000, 10_000)], 40_000).left_paise == 40_000


def test_a_payment_made_twice_and_refunded_once_leaves_the_order_paid() -> None:
    assert rules.given_back(500, captured_paise=1_000, processed_paise=500) == 0
    assert rules.given_back(500, captured_paise=1_000, processed_paise=600) == 100
    assert rules.given_back(500, captured_paise=500, processed_paise=500) == 500
    assert rules.given_back(500, captured_paise=500, processed_paise=0) == 0


def test_an_unsettled_payment_is_asked_about_ever_more_rarely_until_it_cannot_be_paid_any_more() -> None:
    began = at = datetime(2026, 1, 1, tzinfo=UTC)
    looks: list[datetime] = []

    while (next_at := rules.next_look(began, at)) is not None:
        looks.append(next_at)
        at = next_at

    pauses = [after - before for before, after in pairwise(looks)]
    assert looks[0] == began + timedelta(minutes=2)
    assert pauses == sorted(pauses)
    assert timedelta(days=6) < looks[-1] - began < timedelta(days=6, hours=7)
    assert len(looks) < 60


def test_what_is_credited_is_what_went_back_beyond_packs_and_excess() -> None:
    plain = Books(asked_paise=50_000, paid_paise=50_000, given_paise=0, gone_paise=0, returned_paise=0, allowed_paise=0, owed_paise=50_000)  # fmt: skip

    assert rules.allowance_due(plain) == 0
    assert rules.allowance_due(plain._replace(given_paise=7_000)) == 7_000
    assert rules.allowance_due(plain._replace(given_paise=7_000, allowed_paise=7_000, owed_paise=43_000)) == 0
    assert rules.allowance_due(plain._replace(given_paise=7_000, paid_paise=55_000)) == 2_000
    gone = plain._replace(gone_paise=20_000, owed_paise=30_000)
    assert rules.allowance_due(gone._replace(given_paise=7_000)) == 7_000
    assert rules.allowance_due(gone._replace(given_paise=27_000, returned_paise=20_000)) == 7_000
    assert rules.allowance_due(gone._replace(given_paise=20_000, returned_paise=20_000)) == 0
    assert rules.allowance_due(gone._replace(given_paise=0, returned_paise=20_000)) == 0, "it failed: people decide"
    assert rules.allowance_due(gone._replace(given_paise=45_000)) == 30_000, "packs and all that was left of the rest"
    assert rules.allowance_due(plain._replace(paid_paise=40_000, given_paise=40_000)) == 40_000


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20_000)), max_size=12))
def test_refunds_and_packs_that_go_in_any_order_come_to_what_is_credited(steps: list[tuple[bool, int]]) -> None:
    """Whenever the refunds for packs are asked for, what is left of the money is what is left of the price."""
    total = price = left = 50_000
    given_paise = gone = returned = allowed = 0

    for is_refund, amount in [*steps, (False, 0)]:
        if is_refund:
            given_paise, left = given_paise + min(amount, left), left - min(amount, left)
        else:
            gone, price = gone + min(amount, price), price - min(amount, price)
            back = rules.refund_of_reduction(gone - returned, left)
            assert back == 0 or back >= 100
            returned = gone if back else returned
            given_paise, left = given_paise + back, left - back
            assert back == 0 or left == 0 or left >= 100 or amount < 100 or is_refund
        due = rules.allowance_due(Books(total, total, given_paise, gone, returned, allowed, price))
        allowed, price = allowed + due, price - due

    pending = min(max(0, gone - returned), left)
    assert left - pending == price
