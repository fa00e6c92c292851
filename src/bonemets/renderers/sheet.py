"""A sheet of wrapped lines, and the numbers of the sources that it cites."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.text import Text

from bonemets.model import Source
from bonemets.renderers.words import clean

MARGIN: Final = 2
NARROWEST: Final = 20
GLUE: Final = "\ue000"
"""Stands for a space at which no line may break; `clean` lets none of these in."""

NUMBER_AND_UNIT: Final = re.compile(r"(?<=\d) (?=[%A-Za-zµ×°])")


class Sheet:
    """Lines of text, wrapped at a width; whatever is put in is data, never markup."""

    def __init__(self, width: int, colour: bool) -> None:
        """Take the columns to wrap at, and whether the terminal's colour codes are put in."""
        self.width = width
        self.lines: list[Text] = []
        self.console = Console(
            file=io.StringIO(),
            width=width,
            color_system="standard" if colour else None,
            force_terminal=colour,
            force_jupyter=False,
            no_color=not colour,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )

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
        said = Text()
        if label:
            said.append(clean(label), style=label_style)
            said.append(" ")
        said.append(NUMBER_AND_UNIT.sub(GLUE, clean(text)), style=style)
        room = max(NARROWEST, self.width - indent - len(bullet))
        for n, line in enumerate([said] if whole else said.wrap(self.console, room)):
            line.plain = line.plain.replace(GLUE, " ").rstrip()
            before = " " * indent + (bullet if n == 0 else " " * len(bullet))
            self.lines.append(Text(before) + line)

    def gap(self) -> None:
        """Leave a line empty, once."""
        if self.lines and self.lines[-1].plain:
            self.lines.append(Text(""))

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
                [line.plain.rstrip() for line in Text(clean(cell)).wrap(self.console, room)]
                for cell, room in zip(row, widths, strict=True)
            ]
            for n in range(max(map(len, cells))):
                parts = [
                    (cell[n] if n < len(cell) else "").ljust(room)
                    for cell, room in zip(cells, widths, strict=True)
                ]
                self.lines.append(Text((" " * indent + "  ".join(parts)).rstrip()))

    def text(self) -> str:
        """Give the sheet as one text."""
        with self.console.capture() as caught:
            for line in self.lines:
                self.console.print(line, no_wrap=True, overflow="ignore", crop=False)
        return caught.get()


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
