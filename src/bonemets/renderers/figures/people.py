"""A hundred small people, so many of whom are dark: a share that can be counted."""

from __future__ import annotations

from typing import Final

from bonemets.renderers.figures.svg import INK, WHITE, Element, add, drawing, written

ROW: Final = 10
"""People in a row, and rows."""
WIDE, HIGH = 11.0, 14.0
HEAD, BODY = 3.4, 5.0
"""How thick the lines are that heads and bodies are dots of."""
RIM: Final = 1.0


def people(count: int, name: str) -> str:
    """Draw a hundred people in ten rows; the first `count` are filled, the others outlined.

    Heads and bodies are the dashes of one line a row, so that the figure is small.
    """
    root = drawing(ROW * WIDE, ROW * HIGH, name)
    _stand(root, range(ROW * ROW), INK, 0)
    _stand(root, range(count, ROW * ROW), WHITE, RIM)
    return written(root)


def _stand(root: Element, whom: range, colour: str, thinner: float) -> None:
    """Draw some of the people: `thinner` than whole leaves a rim of what lies beneath."""
    rows: list[tuple[int, int, int]] = []
    for row in range(ROW):
        first = max(whom.start - row * ROW, 0)
        last = min(whom.stop - row * ROW, ROW)
        if first < last:
            rows.append((row, first, last))
    for thick, y, long in ((HEAD, 3.2, 0.01), (BODY, 9.0, 2.4)):
        lines = "".join(
            f"M{first * WIDE + (WIDE - long) / 2:g} {row * HIGH + y:g}"
            f"h{(last - first - 1) * WIDE + long:g}"
            for row, first, last in rows
        )
        if lines:
            add(
                root,
                "path",
                d=lines,
                fill="none",
                stroke=colour,
                stroke_width=thick - thinner,
                stroke_linecap="round",
                stroke_dasharray=f"{long:g} {WIDE - long:g}",
            )
