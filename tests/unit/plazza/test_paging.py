"""Cursors: what we made comes back, anything else is a clear error."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plazza.errors import Invalid
from plazza.http import paging


@given(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=50),
    st.integers(min_value=-(2**63), max_value=2**63),
)
def test_a_cursor_comes_back_as_it_was(name: str, number: int) -> None:
    assert paging.decode(paging.encode(name, number), str, int) == (name, number)


@given(st.text(max_size=700))
def test_anything_else_is_invalid_and_nothing_worse(text: str) -> None:
    try:
        found = paging.decode(text, str, int)
    except Invalid:
        return
    assert found is not None
    assert [type(part) for part in found] == [str, int]


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(Invalid):
        paging.decode(paging.encode("a"), str, int)


def test_a_cursor_with_a_nul_is_refused() -> None:
    with pytest.raises(Invalid):
        paging.decode(paging.encode("a\0b", 1), str, int)


def test_a_cursor_with_half_a_character_is_refused() -> None:
    half = base64.urlsafe_b64encode(rb'["\ud800",1]').decode().rstrip("=")

    with pytest.raises(Invalid):
        paging.decode(half, str, int)


def test_the_last_page_has_no_cursor() -> None:
    def key(item: int) -> tuple[Any, ...]:
        return (item,)

    assert paging.page([1, 2, 3], 2, key).next_cursor == paging.encode(2)
    assert paging.page([1, 2], 2, key).next_cursor is None
