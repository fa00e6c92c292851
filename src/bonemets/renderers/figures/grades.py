"""The bands of a score in their order, where no line of numbers can be drawn.

Grades of a laboratory value, whose edges hang on its unit and limits; branches of a frame, whose
number is only a name. Each band has a place of the same size: the distance means nothing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import pairwise

from bonemets.model import BandShown
from bonemets.renderers.figures.bounds import DEEP, EDGE, HEIGHT, LETTER, SIZE, TOP, WIDTH
from bonemets.renderers.figures.svg import (
    GREY,
    INK,
    PALE,
    WHITE,
    Element,
    add,
    drawing,
    words,
    written,
)

FEWEST = 2
"""Fewer bands are no scale."""
ROW, LINE = 18, 13
"""How deep a band of one line is, and each line of its name after the first."""
BOX, NUMBERS, NAMES = 16, 30, 84
"""Where in a row the ends of a band and its name stand; behind a box of this width."""
BOLD = 6.6
"""How wide a letter of a bold name is, at most on average."""
LONGEST = int((WIDTH - NAMES) / BOLD)


def grades(scale: Sequence[BandShown], name: str) -> str | None:
    """Draw which bands a result may be in: a dot for one, a thick line through several.

    Gives None where there is no scale, or nothing of it is possible.
    """
    if len(scale) < FEWEST or not any(band.possible for band in scale):
        return None
    wide = (WIDTH - 2 * EDGE) / len(scale)
    if all(len(band.text) * LETTER <= wide for band in scale):
        return _beside(scale, wide, name)
    return _beneath(scale, name)


def _beside(scale: Sequence[BandShown], wide: float, name: str) -> str:
    """Draw short names over boxes beside each other, with the ends or edges beneath them."""
    root = drawing(WIDTH, HEIGHT, name)
    for n, band in enumerate(scale):
        left = EDGE + n * wide
        _box(root, left, TOP, wide, DEEP, band)
        words(
            root, left + wide / 2, TOP - 6, band.text, SIZE, text_anchor="middle", **_weight(band)
        )
    for at, said in _told(scale):
        words(root, EDGE + at * wide, TOP + DEEP + 13, said, SIZE, text_anchor="middle")
    centres = [(EDGE + (n + 0.5) * wide, TOP + DEEP / 2) for n in range(len(scale))]
    _marked(root, scale, centres, (wide / 2 - 4, 0))
    return written(root)


def _beneath(scale: Sequence[BandShown], name: str) -> str:
    """Draw long names beneath each other, each behind its box and its ends."""
    told = [textwrap.wrap(band.text, LONGEST) for band in scale]
    deep = [ROW + LINE * (len(lines) - 1) for lines in told]
    root = drawing(WIDTH, sum(deep) + 4, name)
    tops = [2.0 + sum(deep[:n]) for n in range(len(scale))]
    centres = [(EDGE + BOX / 2, top + height / 2) for top, height in zip(tops, deep, strict=True)]
    for band, lines, top, height in zip(scale, told, tops, deep, strict=True):
        _box(root, EDGE, top, BOX, height, band)
        for n, line in enumerate(lines):
            words(root, NAMES, top + 13 + LINE * n, line, SIZE, **_weight(band))
    for at, said in _told(scale):
        n = int(at)
        words(root, NUMBERS, tops[n] + (4 if at == n else 13), said, SIZE)
    _marked(root, scale, centres, (0, ROW / 2 - 3))
    return written(root)


def _box(root: Element, x: float, y: float, wide: float, deep: float, band: BandShown) -> None:
    """Draw the place of one band; pale where it is still possible."""
    fill = PALE if band.possible else WHITE
    add(
        root,
        "rect",
        x=x,
        y=y,
        width=wide,
        height=deep,
        fill=fill,
        stroke=GREY,
        stroke_width=0.8,
    )


def _marked(
    root: Element,
    scale: Sequence[BandShown],
    centres: Sequence[tuple[float, float]],
    reach: tuple[float, float],
) -> None:
    """Mark what is possible: the only band by a dot, each of several by a line as long as it.

    Lines of neighbours join to one.
    """
    left = [n for n, band in enumerate(scale) if band.possible]
    if len(left) == 1:
        x, y = centres[left[0]]
        add(root, "circle", cx=x, cy=y, r=5, fill=INK)
        return
    runs: list[list[int]] = []
    for n in left:
        if runs and runs[-1][-1] == n - 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    for run in runs:
        (x1, y1), (x2, y2) = centres[run[0]], centres[run[-1]]
        add(
            root,
            "line",
            x1=x1 - reach[0],
            y1=y1 - reach[1],
            x2=x2 + reach[0],
            y2=y2 + reach[1],
            stroke=INK,
            stroke_width=6,
            stroke_linecap="round",
        )


def _weight(band: BandShown) -> dict[str, str]:
    """Print what is still possible in bold."""
    return {"font_weight": "bold" if band.possible else "normal"}


def _told(scale: Sequence[BandShown]) -> list[tuple[float, str]]:
    """Give what is printed of the ends, with its place counted in bands.

    Whole numbers: the ends of each band, at its middle. Real numbers: the edge between two bands,
    where it is known.
    """
    edges = [(a.high, b.low) for a, b in pairwise(scale)]
    if any(None in x or x[0] == x[1] for x in edges):
        known = [next((x for x in edge if x is not None), None) for edge in edges]
        return [(float(n), f"{round(x, 2):g}") for n, x in enumerate(known, 1) if x is not None]
    return [
        (n + 0.5, " to ".join(dict.fromkeys(f"{x:g}" for x in (b.low, b.high) if x is not None)))
        for n, b in enumerate(scale)
    ]


def has_gap(scale: Sequence[BandShown]) -> bool:
    """Say whether something between two possible bands is ruled out."""
    possible = "".join(str(int(band.possible)) for band in scale)
    return "0" in possible.strip("0")


__all__ = ["grades", "has_gap"]
