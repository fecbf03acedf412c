"""The marks of search's answers: what counts as found, as dangerous, and as dangerous without a mark."""

from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.evaluation.scores import EVERY_KIND, Answer, Judged, by_kind, read_queries, score

JUDGED = Judged("dolo 650", "brand", frozenset({"1", "2"}), frozenset({"8", "9"}))


@pytest.mark.parametrize(
    ("skus", "place"), [("1", 1), ("5 2", 2), ("5 5 5 5 5 5 5 5 5 1", 10), ("5 5 5 5 5 5 5 5 5 5 1", None), ("", None)]
)
def test_the_place_is_that_of_the_first_relevant_product_among_ten(skus: str, place: int | None) -> None:
    assert score(JUDGED, Answer(skus.split(), frozenset())).place == place


def test_a_dangerous_product_first_is_dangerous_even_with_a_mark() -> None:
    scored = score(JUDGED, Answer(["8", "1"], frozenset({"8"})))

    assert scored.is_dangerous
    assert scored.unmarked == ()


def test_a_dangerous_product_among_three_must_be_marked_and_a_fourth_need_not() -> None:
    scored = score(JUDGED, Answer(["1", "2", "9", "8"], frozenset()))

    assert not scored.is_dangerous
    assert scored.unmarked == ("9",)


def test_each_kind_has_its_figures_and_all_have_theirs() -> None:
    judged = [JUDGED, JUDGED._replace(kind="salt"), JUDGED._replace(kind="salt")]
    answers = [Answer(["1"], frozenset()), Answer(["5", "2"], frozenset()), Answer([], frozenset())]

    figures = by_kind([score(one, answer) for one, answer in zip(judged, answers, strict=True)], answers)

    assert figures["brand"].success1 == 1
    assert (figures["salt"].success1, figures["salt"].success5, figures["salt"].mrr10) == (0, 0.5, 0.25)
    assert figures["salt"].empty == 1
    assert (figures[EVERY_KIND].queries, figures[EVERY_KIND].mrr10) == (3, 0.5)


def test_queries_are_read_with_their_skus_as_text(tmp_path: Path) -> None:
    file = tmp_path / "queries.jsonl"
    file.write_text('{"q": "dolo 650", "kind": "brand", "relevant": [1, "2"], "dangerous": [8, 9]}\n\n')

    assert read_queries(file) == [JUDGED]


@pytest.mark.parametrize(
    "line", ["no json", "[]", '"text"', '{"q": "dolo"}', '{"q": "", "relevant": []}', '{"q": "dolo", "relevant": "12"}']
)
def test_a_line_that_is_no_judged_query_is_named(line: str, tmp_path: Path) -> None:
    file = tmp_path / "queries.jsonl"
    file.write_text('{"q": "dolo", "relevant": [1]}\n' + line + "\n")

    with pytest.raises(OpsError, match=r"queries\.jsonl:2 is no judged query"):
        read_queries(file)


def test_a_file_without_queries_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")

    with pytest.raises(OpsError, match="holds no query"):
        read_queries(tmp_path / "empty.jsonl")
    with pytest.raises(OpsError, match="cannot be read"):
        read_queries(tmp_path / "none.jsonl")
