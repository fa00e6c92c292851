"""A score on its scale: the bands, the range that is still possible, the settled value."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from bonemets.model import BandShown, Range
from bonemets.renderers.figures.svg import (
    GREY,
    INK,
    PALE,
    WHITE,
    add,
    drawing,
    words,
    written,
)

WIDTH = 360
HEIGHT = 50
EDGE = 8
TOP, DEEP = 19, 12
SIZE = 11
"""How large words are: as many pixels at least, where a figure is as wide as a phone."""
LETTER = 5.7
"""How wide a letter of a label is, on average."""


def bounds(scale: Sequence[BandShown], value: Range, name: str) -> str | None:
    """Draw where a score lies on its bands: a thick line for a range, a dot for one value.

    Gives None where the bands have no printed ends to draw, the value is open, or a label is too
    long to stand over its band.
    """
    ends = [x for band in scale for x in (band.low, band.high) if x is not None]
    told = all(a.high is not None or b.low is not None for a, b in pairwise(scale))
    if not ends or not told or value.low is None or value.high is None:
        return None
    first, last = min(*ends, value.low), max(*ends, value.high)
    if first >= last:
        return None

    def x(at: float) -> float:
        return EDGE + (WIDTH - 2 * EDGE) * (at - first) / (last - first)

    edges = _edges(scale, first, last)
    if not _fit([band.text for band in scale], [x((low + high) / 2) for low, high in edges]):
        return None
    root = drawing(WIDTH, HEIGHT, name)
    for band, (low, high) in zip(scale, edges, strict=True):
        fill = PALE if band.possible else WHITE
        add(
            root,
            "rect",
            x=x(low),
            y=TOP,
            width=x(high) - x(low),
            height=DEEP,
            fill=fill,
            stroke=GREY,
            stroke_width=0.8,
        )
        centre = (x(low) + x(high)) / 2
        weight = "bold" if band.possible else "normal"
        words(root, centre, TOP - 6, band.text, SIZE, text_anchor="middle", font_weight=weight)
        ends = dict.fromkeys(f"{end:g}" for end in (band.low, band.high) if end is not None)
        words(root, centre, TOP + DEEP + 13, " to ".join(ends), SIZE, text_anchor="middle")
    middle = TOP + DEEP / 2
    if value.low == value.high:
        add(root, "circle", cx=x(value.low), cy=middle, r=5, fill=INK)
    else:
        add(
            root,
            "line",
            x1=x(value.low),
            y1=middle,
            x2=x(value.high),
            y2=middle,
            stroke=INK,
            stroke_width=6,
            stroke_linecap="round",
        )
    return written(root)


def _fit(labels: Sequence[str], centres: Sequence[float]) -> bool:
    """Say whether labels stand beside each other within the figure."""
    half = [len(label) * LETTER / 2 for label in labels]
    inside = all(
        h <= c + EDGE and c + h <= WIDTH + EDGE for c, h in zip(centres, half, strict=True)
    )
    apart = all(a + i <= b - j for (a, i), (b, j) in pairwise(zip(centres, half, strict=True)))
    return inside and apart


def _edges(scale: Sequence[BandShown], first: float, last: float) -> list[tuple[float, float]]:
    """Give each band's drawn ends: whole-number bands meet halfway between their ends."""
    drawn: list[tuple[float, float]] = []
    low = first
    for n, band in enumerate(scale):
        after = scale[n + 1].low if n + 1 < len(scale) else None
        high = last if band.high is None else band.high
        if after is not None:
            high = (high + after) / 2
        drawn.append((low, max(low, high)))
        low = max(low, high)
    return drawn
