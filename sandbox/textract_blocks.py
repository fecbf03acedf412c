"""Textract's answer: a flat list of PAGE, LINE and WORD blocks that refer to each other."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sandbox.ocr import Line, Word
from sandbox.page_image import Point

MARGIN, HEIGHT = 0.06, 0.025  # where lines without a picture are put on the page
WHOLE = (Point(0.0, 0.0), Point(1.0, 0.0), Point(1.0, 1.0), Point(0.0, 1.0))


def placed(texts: Sequence[tuple[str, float]]) -> list[Line]:
    """Put texts with their confidences on a page, one below the other, each word as wide as its letters."""
    step = min(0.04, (1 - 2 * MARGIN) / max(1, len(texts)))
    lines: list[Line] = []
    for row, (text, confidence) in enumerate(texts):
        width = min(0.011, (1 - 2 * MARGIN) / max(1, len(text)))
        top, at, words = MARGIN + row * step, 0, list[Word]()
        for word in text.split():
            start = text.index(word, at)
            at = start + len(word)
            left, right, bottom = MARGIN + start * width, MARGIN + at * width, top + min(HEIGHT, step)
            corners = (Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))
            words.append(Word(word, confidence, corners))
        if words:
            lines.append(Line(tuple(words)))
    return lines


def blocks(lines: Sequence[Line], seed: str) -> list[dict[str, Any]]:
    """Give the blocks of one page; ids follow from `seed`, so the same document is answered alike."""
    space, made = uuid.uuid5(uuid.NAMESPACE_OID, seed), list[dict[str, Any]]()

    def block(kind: str, corners: Sequence[Point], **more: Any) -> dict[str, Any]:
        made.append(
            {"BlockType": kind, **more, "Geometry": _geometry(corners), "Id": str(uuid.uuid5(space, str(len(made))))}
        )
        return made[-1]

    page = block("PAGE", WHOLE)
    children: list[str] = []
    for line in lines:
        confidence = sum(word.confidence for word in line.words) / len(line.words)
        row = block("LINE", _around(line.words), Confidence=round(confidence, 4), Text=line.text)
        words = [
            block("WORD", word.corners, Confidence=round(word.confidence, 4), Text=word.text, TextType="PRINTED")["Id"]
            for word in line.words
        ]
        row["Relationships"] = [{"Type": "CHILD", "Ids": words}]
        children.append(row["Id"])
    if children:
        page["Relationships"] = [{"Type": "CHILD", "Ids": children}]
    return [made[0], *(made_ for kind in ("LINE", "WORD") for made_ in made if made_["BlockType"] == kind)]


def _around(words: Sequence[Word]) -> tuple[Point, ...]:
    """Give the corners of a line: the outer corners of its first and last word, which keeps a slant."""
    first, last = words[0].corners, words[-1].corners
    return first[0], last[1], last[2], first[3]


def _geometry(corners: Sequence[Point]) -> dict[str, Any]:
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    box = {
        "Width": max(x for x, _ in corners) - left,
        "Height": max(y for _, y in corners) - top,
        "Left": left,
        "Top": top,
    }
    return {"BoundingBox": box, "Polygon": [{"X": x, "Y": y} for x, y in corners]}
