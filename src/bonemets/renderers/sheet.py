"""A sheet of wrapped lines, and the numbers of the sources that it cites."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple

from rich.cells import cell_len, chop_cells

from bonemets.model import Source
from bonemets.renderers.words import clean

MARGIN: Final = 2
NARROWEST: Final = 20
GLUE: Final = "\ue000"
"""Stands for a space at which no line may break; `clean` lets none of these in."""

NUMBER_AND_UNIT: Final = re.compile(r"(?<=\d) (?=[%A-Za-zµ×°])")
WORD: Final = re.compile(r"\s*\S+\s*")


class Line(NamedTuple):
    """One line: its text, and which stretches of it (from, to) bear which style."""

    text: str
    styles: tuple[tuple[int, int, str], ...] = ()


class Sheet:
    """Lines of text, wrapped at a width; whatever is put in is data, never markup."""

    def __init__(self, width: int, colour: bool) -> None:
        """Take the columns to wrap at, and whether the terminal's colour codes are put in."""
        self.width = width
        self.colour = colour
        self.lines: list[Line] = []

    def put(
        self,
        text: str,
        *,
        indent: int = MARGIN,
        bullet: str = "",
        style: str = "",
        label: str = "",
        label_style: str = "bold",
        whole: bool = False,
    ) -> None:
        """Add a paragraph, its bullet hanging out, its label leading in; `whole`: not wrapped."""
        body = NUMBER_AND_UNIT.sub(GLUE, clean(text))
        head = clean(label)
        said = f"{head} {body}" if label else body
        styled = ((0, len(head), label_style), (len(said) - len(body), len(said), style))
        room = max(NARROWEST, self.width - indent - len(bullet))
        for first, last in [(0, len(said))] if whole else wrapped(said, room):
            line = said[first:last].replace(GLUE, " ").rstrip()
            before = " " * indent + (" " * len(bullet) if first else bullet)
            shift, end = len(before) - first, first + len(line)
            styles = tuple(
                (max(a, first) + shift, min(b, end) + shift, name)
                for a, b, name in styled
                if name and a < end and b > first
            )
            self.lines.append(Line(before + line, styles))

    def gap(self) -> None:
        """Leave a line empty, once."""
        if self.lines and self.lines[-1].text:
            self.lines.append(Line(""))

    def heading(self, title: str) -> None:
        """Begin a section."""
        self.gap()
        self.put(title, indent=0, style="bold")

    def table(
        self, rows: Sequence[Sequence[str]], widths: Sequence[int], *, indent: int = MARGIN
    ) -> None:
        """Add rows of cells in columns, each cell wrapped in its own."""
        for row in rows:
            cells = [
                [cell[first:last].rstrip() for first, last in wrapped(cell, room)]
                for cell, room in zip(map(clean, row), widths, strict=True)
            ]
            for n in range(max(map(len, cells))):
                parts = [
                    (cell[n] if n < len(cell) else "").ljust(room)
                    for cell, room in zip(cells, widths, strict=True)
                ]
                self.lines.append(Line((" " * indent + "  ".join(parts)).rstrip()))

    def text(self) -> str:
        """Give the sheet as one text."""
        if not self.colour:
            return "".join(f"{line.text}\n" for line in self.lines)
        from rich.console import Console  # a twentieth of a cold start; no colour, no need
        from rich.text import Text

        console = Console(
            file=io.StringIO(),
            width=self.width,
            color_system="standard",
            force_terminal=True,
            force_jupyter=False,
            no_color=False,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )
        with console.capture() as caught:
            for line in self.lines:
                said = Text(line.text)
                for first, last, name in line.styles:
                    said.stylize(name, first, last)
                console.print(said, no_wrap=True, overflow="ignore", crop=False)
        return caught.get()


def wrapped(text: str, room: int) -> Iterator[tuple[int, int]]:
    """Give where each line of a text begins and ends, so that it fits in `room` terminal cells.

    A word that fits on no line is cut. The breaks are those of `rich.text.Text.wrap`, which takes
    several times as long.
    """
    breaks = [0]
    used = 0
    for found in WORD.finditer(text):
        word, start = found[0], found.start()
        width = cell_len(word.rstrip())
        if used + width <= room:
            used += cell_len(word)
            continue
        parts = chop_cells(word, room) if width > room else [word]
        for part in parts:
            if start:
                breaks.append(start)
            start += len(part)
        used = cell_len(parts[-1])
    return pairwise([*breaks, len(text)])


@dataclass(slots=True)
class Citations:
    """Numbers sources in the order of citing, and letters the places cited in each."""

    found: dict[str, tuple[int, Source]] = field(default_factory=dict[str, tuple[int, Source]])
    places: dict[str, list[tuple[str | None, str]]] = field(
        default_factory=dict[str, list[tuple[str | None, str]]]
    )

    def cite(self, cited: Iterable[Source]) -> str:
        """Give the citation of some sources, such as " [1ab, 2]"; empty for none."""
        marks: dict[int, set[int]] = {}
        for source in cited:
            n, _ = self.found.setdefault(source.id, (len(self.found) + 1, source))
            places = self.places.setdefault(source.id, [])
            place = (source.at, source.confirmation)
            if place not in places:
                places.append(place)
            marks.setdefault(n, set()).add(places.index(place))
        several = {n for n, source in self.found.values() if len(self.places[source.id]) > 1}
        said = [
            f"{n}{''.join(map(letters, sorted(marks[n]))) if n in several else ''}"
            for n in sorted(marks)
        ]
        return f" [{', '.join(said)}]" if said else ""


def letters(place: int) -> str:
    """Give the letters of a place, counted from 0: a to z, then aa, ab and so on."""
    return (letters(place // 26 - 1) if place >= 26 else "") + chr(ord("a") + place % 26)
