"""Makes a photographed page upright, level and dark on light, and remembers where each point came from."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import NamedTuple

from PIL import Image, ImageOps, ImageStat

LONG_SIDE = (1600, 2600)  # pixels between which small print is read well and a page stays fast
THUMBNAIL = 600
STEEPEST = 12  # degrees: a page turned further is not levelled
WHITE = 255


class Point(NamedTuple):
    """A place on the page as ratios of its width and height, both 0-1."""

    x: float
    y: float


class Straightened(NamedTuple):
    """A page ready to read, made from the sent one by `turns` quarter turns, then `angle` degrees, both anticlockwise."""

    image: Image.Image
    turned: tuple[int, int]  # the size after the quarter turns
    turns: int
    angle: float

    def corners(self, box: tuple[int, int, int, int]) -> tuple[Point, ...]:
        """Give the corners of a box (left, top, right, bottom) on the page as it was sent, clockwise from its top left."""
        left, top, right, bottom = box
        return tuple(self._back(x, y) for x, y in ((left, top), (right, top), (right, bottom), (left, bottom)))

    def _back(self, x: float, y: float) -> Point:
        width, height = self.turned
        dx, dy = x - self.image.width / 2, y - self.image.height / 2
        cos, sin = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        across, down = (width / 2 + dx * cos - dy * sin) / width, (height / 2 + dx * sin + dy * cos) / height
        for _ in range(self.turns):
            across, down = 1 - down, across
        return Point(min(max(across, 0.0), 1.0), min(max(down, 0.0), 1.0))


def straighten(image: Image.Image) -> Iterator[Straightened]:
    """Give the ways the page may stand, the likelier ones first; made one by one, since the first is nearly always right."""
    gray = _sized(ImageOps.autocontrast(ImageOps.exif_transpose(_on_white(image)).convert("L"), cutoff=1))
    if ImageStat.Stat(gray).mean[0] < WHITE / 3:
        gray = ImageOps.invert(gray)
    quarters = sorted((0, 1), key=lambda turns: -_level_angle(_turn(gray, turns))[1])
    for turns in (*quarters[:1], quarters[0] + 2, *quarters[1:], quarters[1] + 2):
        upright = _turn(gray, turns)
        angle, _ = _level_angle(upright)
        level = upright if angle == 0 else upright.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=WHITE)
        yield Straightened(level, upright.size, turns, angle)


def _on_white(image: Image.Image) -> Image.Image:
    """Put a picture with transparent parts on white paper."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        shown = image.convert("RGBA")
        paper = Image.new("RGBA", shown.size, "white")
        paper.alpha_composite(shown)
        return paper.convert("RGB")
    return image.convert("RGB")


def _sized(gray: Image.Image) -> Image.Image:
    smallest, largest = LONG_SIDE
    side = max(gray.size)
    if smallest <= side <= largest:
        return gray
    scale = (smallest if side < smallest else largest) / side
    size = (max(1, round(gray.width * scale)), max(1, round(gray.height * scale)))
    return gray.resize(size, Image.Resampling.LANCZOS)


def _turn(image: Image.Image, turns: int) -> Image.Image:
    ways = (None, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)
    way = ways[turns]
    return image if way is None else image.transpose(way)


def _level_angle(gray: Image.Image) -> tuple[float, float]:
    """Give the turn in degrees that makes rows of text stand out most, and how much they do."""
    small = gray.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
    small = ImageOps.invert(small)
    coarse = max(range(-STEEPEST, STEEPEST + 1, 2), key=lambda angle: _contrast(small, angle))
    middle = max((coarse - 1, coarse, coarse + 1), key=lambda angle: _contrast(small, angle))
    fine = max((middle + step / 4 for step in range(-3, 4)), key=lambda angle: _contrast(small, angle))
    # Half a degree does no harm to the reader; turning the page does, a little.
    return (fine if abs(fine) > 0.5 else 0.0), _contrast(small, fine)


def _contrast(small: Image.Image, angle: float) -> float:
    """Say how sharply rows of ink alternate with rows of paper: the mean square step from row to row."""
    turned = small.rotate(angle, Image.Resampling.BILINEAR, fillcolor=0) if angle else small
    # The middle only: the edges of a photographed page and the table under it are no text.
    width, height = turned.size
    middle = turned.crop((width // 6, height // 6, width - width // 6, height - height // 6))
    sums = middle.resize((1, middle.height), Image.Resampling.BOX).tobytes()
    return sum((a - b) ** 2 for a, b in itertools.pairwise(sums)) / max(1, len(sums))
