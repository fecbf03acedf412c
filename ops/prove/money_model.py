"""What must become of a payment, said once more and shorter: the reference that the money proof holds the product against.

A world is one way things may stand. Whatever happens moves every world; what happened at the same time moves it in every order; what
was observed ends the worlds that contradict it. In the end the product must stand as one of those that are left.
"""

from collections.abc import Callable, Iterable
from itertools import combinations, permutations
from typing import Literal, NamedTuple


class World(NamedTuple):
    """How a payment may stand: its order, the attempt that paid it, what we know was captured, and what a person must decide."""

    order: Literal["pending", "confirmed", "cancelled"] = "pending"
    settled_by: str | None = None
    known: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    is_conflicted: bool = False

    @property
    def kept(self) -> frozenset[str]:
        """Give the attempts whose money stays for now."""
        if self.order == "cancelled":
            return frozenset()
        return self.held | ({self.settled_by} if self.settled_by else frozenset())


Effect = Callable[[World], World | None]
"""What something does to a world; None: it cannot have happened in it."""


def learn(attempt: str, *, is_right: bool) -> Effect:
    """Let us hear that an attempt was captured, of the amount that was asked or of another."""

    def effect(world: World) -> World:
        if attempt in world.known:
            return world
        world = world._replace(known=world.known | {attempt})
        if world.order == "cancelled":
            return world
        if not is_right:
            return world._replace(held=world.held | {attempt}, is_conflicted=True)
        if world.settled_by is None:
            return world._replace(settled_by=attempt, order="confirmed")
        return world

    return effect


def cancelled(world: World) -> World | None:
    """Let somebody cancel the order, and be told that it is."""
    return None if world.order == "cancelled" else world._replace(order="cancelled", held=frozenset())


def not_cancelled(world: World) -> World | None:
    """Let somebody try to cancel the order, and be told that it cannot be."""
    return world if world.order == "cancelled" else None


def expired(world: World) -> World:
    """Let the time of an unpaid order end."""
    return world._replace(order="cancelled", held=frozenset()) if world.order == "pending" else world


def decided(attempt: str) -> Effect:
    """Let a person give back what was not asked for."""
    return lambda world: world._replace(held=world.held - {attempt})


def after(worlds: Iterable[World], *effects: Effect) -> frozenset[World]:
    """Give the worlds after things that happened in any order."""
    found: set[World] = set()
    for world in worlds:
        for order in permutations(effects):
            moved: World | None = world
            for effect in order:
                moved = effect(moved) if moved is not None else None
            if moved is not None:
                found.add(moved)
    return frozenset(found)


def perhaps_after(worlds: Iterable[World], *effects: Effect) -> frozenset[World]:
    """Give the worlds after things of which any may have happened, in any order."""
    start = frozenset(worlds)
    chosen = (some for count in range(len(effects) + 1) for some in combinations(effects, count))
    return frozenset[World]().union(*(after(start, *some) for some in chosen))
