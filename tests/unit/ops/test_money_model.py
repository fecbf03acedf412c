"""The reference model of payments."""

from ops.prove.money_model import World, after, cancelled, decided, expired, learn, not_cancelled, perhaps_after

START = frozenset({World()})
PAID, AGAIN, WRONG = learn("a", is_right=True), learn("b", is_right=True), learn("w", is_right=False)


def only(worlds: frozenset[World]) -> World:
    (world,) = worlds
    return world


def test_the_first_right_amount_settles_and_a_second_goes_back() -> None:
    world = only(after(after(START, PAID), AGAIN))

    assert (world.order, world.settled_by, world.kept) == ("confirmed", "a", frozenset({"a"}))
    assert world.known == {"a", "b"}


def test_hearing_twice_is_hearing_once() -> None:
    assert after(after(START, PAID), PAID) == after(START, PAID)


def test_what_happens_at_once_may_happen_in_any_order() -> None:
    worlds = after(START, PAID, AGAIN)

    assert {world.settled_by for world in worlds} == {"a", "b"}


def test_a_cancelled_order_keeps_nothing_whenever_the_money_came() -> None:
    for worlds in (after(START, PAID, cancelled), after(after(START, cancelled), PAID)):
        assert all(world.order == "cancelled" and world.kept == frozenset() for world in worlds)


def test_a_wrong_amount_waits_for_a_person() -> None:
    world = only(after(after(START, WRONG), PAID))

    assert (world.kept, world.is_conflicted) == (frozenset({"a", "w"}), True)
    assert only(after(frozenset({world}), decided("w"))).kept == {"a"}


def test_what_was_observed_ends_the_worlds_that_contradict_it() -> None:
    either = perhaps_after(START, expired)

    assert {world.order for world in either} == {"pending", "cancelled"}
    assert only(after(either, not_cancelled)).order == "cancelled"
    assert len(after(after(START, cancelled), cancelled)) == 0
