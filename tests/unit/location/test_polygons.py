"""Outlines of areas: what lies in them, on them and outside, and which rings are none."""

import math
from datetime import UTC, datetime, time
from itertools import pairwise, permutations
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from plazza.errors import Invalid
from plazza.location import rules
from tests.unit.location.test_place_rules import area

Ring = list[list[float]]
STEP = 0.001
CENTRE = (12.97, 77.64)
"""Latitude and longitude, as points are; rings are the other way round, as in GeoJSON."""


def ring(*corners: tuple[float, float]) -> Ring:
    """Make a closed ring of corners that are counted in steps east and north of the centre."""
    points = [[CENTRE[1] + east * STEP, CENTRE[0] + north * STEP] for east, north in corners]
    return [*points, points[0]]


def at(east: float, north: float) -> tuple[float, float]:
    return (CENTRE[0] + north * STEP, CENTRE[1] + east * STEP)


SQUARE = ring((-2, -2), (2, -2), (2, 2), (-2, 2))
# A U that is open to the north, and a comb whose corners lie on one line.
HORSESHOE = ring((-3, -3), (3, -3), (3, 3), (1, 3), (1, 0), (-1, 0), (-1, 3), (-3, 3))


@st.composite
def stars(draw: st.DrawFn) -> Ring:
    """Draw a ring that goes once around the centre: from there every corner is seen, so it cannot cross itself."""
    count = draw(st.integers(3, 24))
    turns = draw(st.lists(st.floats(0.1, 1), min_size=count, max_size=count))
    assume(max(turns) < 0.45 * sum(turns))  # no gap of half a turn: the centre would lie outside
    reach = draw(st.lists(st.floats(0.5, 8), min_size=count, max_size=count))
    angles = [2 * math.pi * sum(turns[: index + 1]) / sum(turns) for index in range(count)]
    return ring(*((math.cos(turn) * far, math.sin(turn) * far) for turn, far in zip(angles, reach, strict=True)))


def is_in_triangle(point: tuple[float, float], corners: list[tuple[float, float]]) -> bool:
    sides = [
        (x2 - x1) * (point[1] - y1) - (y2 - y1) * (point[0] - x1)
        for (x1, y1), (x2, y2) in pairwise([*corners, corners[0]])
    ]
    return all(side >= 0 for side in sides) or all(side <= 0 for side in sides)


def metres_off(point: tuple[float, float], outline: Ring) -> float:
    """Give how far a point lies from the nearest edge, on a flat earth."""
    found = []
    for (x1, y1), (x2, y2) in pairwise(outline):
        dx, dy, px, py = x2 - x1, y2 - y1, point[1] - x1, point[0] - y1
        along = min(1.0, max(0.0, (px * dx + py * dy) / (dx * dx + dy * dy)))
        found.append(math.hypot(px - along * dx, py - along * dy) * 111_195)
    return min(found)


@pytest.mark.parametrize("outline", [SQUARE, HORSESHOE], ids=["square", "horseshoe"])
def test_corners_and_edges_are_inside_and_a_metre_beyond_is_not(outline: Ring) -> None:
    for (x1, y1), (x2, y2) in pairwise(outline):
        out_east, out_north = (y2 - y1), -(x2 - x1)  # both rings go against the clock
        length = math.hypot(out_east, out_north)
        for share in (0, 0.25, 1 / 3, 0.5, 1):
            east, north = x1 + (x2 - x1) * share, y1 + (y2 - y1) * share
            assert rules.holds(outline, (north, east))
        middle = ((y1 + y2) / 2, (x1 + x2) / 2)
        a_metre = 1e-5 / length
        assert not rules.holds(outline, (middle[0] + out_north * a_metre, middle[1] + out_east * a_metre))
        assert rules.holds(outline, (middle[0] - out_north * a_metre, middle[1] - out_east * a_metre))


@pytest.mark.parametrize(
    ("point", "held"),
    [
        (at(-2, 1), True),
        (at(2, 1), True),
        (at(0, 1), False),  # in the opening
        (at(0, 0), True),  # on its floor
        (at(0, 3), False),
        (at(-4, 0), False),  # level with two corners, west of everything
        (at(-4, 3), False),
        (at(4, 3), False),
        (at(0, -3), True),
    ],
)
def test_a_notch_is_outside_and_a_ray_through_corners_counts_once(point: tuple[float, float], held: bool) -> None:
    assert rules.holds(HORSESHOE, point) is held


@settings(max_examples=500)
@given(stars(), st.floats(0, 1), st.data())
def test_every_boundary_point_is_inside(outline: Ring, share: float, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(outline) - 2))
    (x1, y1), (x2, y2) = outline[index], outline[index + 1]

    assert rules.holds(outline, (y1, x1))
    assert rules.holds(outline, (y1 + (y2 - y1) * share, x1 + (x2 - x1) * share))


@given(stars(), st.floats(-9, 9), st.floats(-9, 9))
def test_a_point_is_inside_when_one_of_the_triangles_around_the_centre_holds_it(
    outline: Ring, east: float, north: float
) -> None:
    point = at(east, north)
    assume(metres_off(point, outline) > 0.1)
    flat = [((x - CENTRE[1]) / STEP, (y - CENTRE[0]) / STEP) for x, y in outline]
    expected = any(is_in_triangle((east, north), [(0, 0), one, other]) for one, other in pairwise(flat))

    assert rules.holds(outline, point) is expected
    assert rules.holds(outline[::-1], point) is expected, "whichever way round"
    turned = outline[1:] + outline[1:2]
    assert rules.holds(turned, point) is expected, "wherever it begins"


@given(stars(), st.floats(-9, 9), st.floats(-9, 9))
def test_the_box_leaves_out_no_point_that_is_inside(outline: Ring, east: float, north: float) -> None:
    box = rules.box_around(outline)

    for latitude, longitude in (at(east, north), (outline[0][1], outline[0][0])):
        if rules.holds(outline, (latitude, longitude)):
            assert box.south <= latitude <= box.north
            assert box.west <= longitude <= box.east


@given(stars())
def test_a_ring_around_its_centre_is_a_polygon(outline: Ring) -> None:
    assume(all(math.dist(one, other) > 1e-5 for one, other in pairwise(outline)))

    rules.check_polygon(outline, CENTRE)
    rules.check_polygon(outline[::-1], CENTRE)


@given(st.integers(5, 40), st.data())
def test_two_corners_of_a_round_ring_in_each_others_place_cross(count: int, data: st.DataObject) -> None:
    corners = [(5 * math.cos(2 * math.pi * at / count), 5 * math.sin(2 * math.pi * at / count)) for at in range(count)]
    one, other = data.draw(st.lists(st.integers(0, count - 1), min_size=2, max_size=2, unique=True))
    corners[one], corners[other] = corners[other], corners[one]

    with pytest.raises(Invalid, match="cross or touch"):
        rules.check_polygon(ring(*corners), CENTRE)


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (ring((-2, -2), (2, -2), (2, 2), (-2, 2))[:-1], "first again"),
        (ring((-2, -2), (2, -2), (2, -2), (2, 2)), "twice in a row"),
        (ring((-2, -2), (2, 2), (2, -2), (-2, 2)), "cross or touch"),  # a bow tie
        (ring((-2, 0), (2, 0), (0, 0)), "cross or touch"),  # a line there and back
        (ring((-2, -2), (2, -2), (2, 2), (0, -2), (-2, 2)), "cross or touch"),  # a corner on another edge
        (ring((-2, -2), (0, 0), (2, -2), (2, 2), (0, 0), (-2, 2)), "cross or touch"),  # two triangles at one corner
        (ring((-2, -2), (2, -2), (2, 2), (2, 5), (2, 1), (-2, 1)), "cross or touch"),  # a spike without width
        (ring((-2, -2), (2, -2), (2, 2), (-2, 2), (-2, -2), (2, -2), (2, 2), (-2, 2)), "cross or touch"),  # twice around
        (ring((1, 1), (2, 1), (2, 2), (1, 2)), "must lie in its polygon"),
    ],
)  # fmt: skip
def test_what_is_no_polygon_is_refused(wrong: Ring, problem: str) -> None:
    with pytest.raises(Invalid, match=problem) as refused:
        rules.check_polygon(wrong, CENTRE)

    assert refused.value.details["field"] == "polygon"


def test_the_smallest_polygon_that_holds_a_point_counts_in_whatever_order_they_come() -> None:
    large = area(polygon=ring((-5, -5), (5, -5), (5, 5), (-5, 5)), area="A")
    small = area(polygon=SQUARE, area="Z")
    pincode = area(area="B")
    for areas in permutations([large, small, pincode]):
        assert rules.area_at(areas, at(0, 0), 4_000) == small
        assert rules.area_at(areas, at(2, 2), 4_000) == small, "its corner is its own"
        assert rules.area_at(areas, at(2.1, 2), 4_000) == large
        assert rules.area_at(areas, at(5.1, 0), 4_000) == pincode, "where no polygon is"


def test_on_the_border_of_two_of_one_size_the_first_by_name_then_by_id_counts() -> None:
    west, east = ring((-4, 0), (0, 0), (0, 4), (-4, 4)), ring((0, 0), (4, 0), (4, 4), (0, 4))
    named = [area(polygon=west, area="Vasanth"), area(polygon=east, area="Cox Town")]
    twins = [area(polygon=outline, id=UUID(int=number)) for outline, number in ((west, 2), (east, 1))]

    for one, other in permutations(named):
        assert rules.area_at([one, other], at(0, 2), 4_000) == named[1]
        assert rules.area_at([one, other], at(-0.1, 2), 4_000) == named[0]
    for one, other in permutations(twins):
        assert rules.area_at([one, other], at(0, 2), 4_000) == twins[1]


def test_a_polygon_serves_nothing_outside_of_it() -> None:
    outlined = area(polygon=SQUARE)

    assert rules.area_at([outlined], at(2.1, 0), 20_000) is None


def test_a_centre_that_is_too_far_is_no_area() -> None:
    whole = area(latitude=CENTRE[0], longitude=CENTRE[1])

    assert rules.area_at([whole], (CENTRE[0] + 0.1, CENTRE[1]), 11_200) == whole  # 11.12 km
    assert rules.area_at([whole], (CENTRE[0] + 0.1, CENTRE[1]), 11_100) is None


def test_a_pincode_alone_is_answered_by_an_area_that_is_open() -> None:
    noon = datetime(2026, 6, 1, 6, 30, tzinfo=UTC)
    shut = area(area="A", opens_at=time(14))
    outlined = area(area="B", polygon=SQUARE)
    whole, later = area(area="C"), area(area="D")

    for areas in permutations([shut, outlined, whole, later]):
        assert rules.area_of_pincode(areas, noon) == whole
    assert rules.area_of_pincode([shut, outlined], noon) == outlined
    assert rules.area_of_pincode([], noon) is None
