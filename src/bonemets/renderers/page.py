"""A page of blocks, written as Markdown or as lines for a terminal.

What is put into a block is data: the writers escape it, and only they know the marks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from bonemets.renderers.sheet import MARGIN, Sheet
from bonemets.renderers.words import clean


class Code(Struct, frozen=True):
    """A piece of text as it stands in a file."""

    text: str


class Link(Struct, frozen=True):
    """A piece of text that leads to an item's page, an address, or a `PLACE` of its own text."""

    text: str
    to: str


Piece = str | Code | Link
Line = str | tuple[Piece, ...]
"""One piece of text, or several one after the other."""


class Heading(Struct, frozen=True):
    """A heading; the page's own is of level 1."""

    text: str
    level: int = 2


class Prose(Struct, frozen=True):
    """A paragraph."""

    text: Line


class Listing(Struct, frozen=True):
    """Text as it stands in a file, line by line."""

    text: str
    language: str = ""


class Points(Struct, frozen=True):
    """A list, each point with how deep it stands."""

    points: tuple[tuple[int, Line], ...]


class Table(Struct, frozen=True):
    """A table with its heads."""

    heads: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]


Block = Heading | Prose | Listing | Points | Table

PLACE: Final = "#"
"""Begins the name of a place in the text itself: lines on a terminal leave it out."""
SENTENCE_END: Final = re.compile(r"(?:(?<=[a-z0-9%)}\"’”\]`][.?!])|(?<=[/dm]L[.])) (?=[A-Z(\"“])")
"""Where a sentence ends: at a stop after a word, before a capital."""
MARKS: Final = re.compile(r"([*\\]|<(?=[A-Za-z/!?])|\[(?=[^\]]*\]\()|(?<!\w)_|_(?!\w))")
"""What Markdown would take for a mark of its own; a `_` inside a name is none."""
WIDEST: Final = 48
"""The most terminal cells that a column of a table asks for."""
NARROWEST: Final = 8
"""The fewest that it gets."""
MOST_COLUMNS: Final = 5
"""More columns than this become a list on a terminal."""


def bullets(lines: Iterable[Line]) -> Points:
    """Make a flat list."""
    return Points(tuple((0, line) for line in lines))


def joined(lines: Iterable[Line], between: str) -> tuple[Piece, ...]:
    """Join lines with a text between them."""
    found: list[Piece] = []
    for line in lines:
        if found:
            found.append(between)
        found += (line,) if isinstance(line, str) else line
    return tuple(found)


def sentences(text: str) -> list[str]:
    """Split a text where its sentences end."""
    return SENTENCE_END.split(text)


# --- Markdown -------------------------------------------------------------------------------------


def markdown(blocks: Iterable[Block], href: Callable[[str], str | None]) -> str:
    """Write blocks as Markdown, one sentence a line.

    Args:
        blocks: the page.
        href: gives the address of an item's page as seen from this page, None where it has none.
    """
    return "\n\n".join(_marked(block, href) for block in blocks) + "\n"


def _marked(block: Block, href: Callable[[str], str | None]) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {_plain(block.text)}"
        case Prose():
            return "\n".join(sentences(_inline(block.text, href)))
        case Listing():
            return f"```{block.language}\n{block.text.rstrip()}\n```"
        case Points():
            return "\n".join(
                "  " * depth + "- " + f"\n{'  ' * depth}  ".join(sentences(_inline(line, href)))
                for depth, line in block.points
            )
        case Table():
            lines = [block.heads, ("---",) * len(block.heads)]
            lines += [tuple(_inline(cell, href) for cell in row) for row in block.rows]
            return "\n".join(
                f"| {' | '.join(x.replace('|', chr(92) + '|') for x in line)} |" for line in lines
            )


def _inline(line: Line, href: Callable[[str], str | None]) -> str:
    if isinstance(line, str):
        return _plain(line)
    said: list[str] = []
    for piece in line:
        match piece:
            case str():
                said.append(_plain(piece, ends=False))
            case Code():
                said.append(f"`{clean(piece.text)}`")
            case Link() if "://" in piece.to and piece.to == piece.text:
                said.append(f"<{clean(piece.to)}>")
            case Link():
                address = piece.to if "://" in piece.to else href(piece.to)
                text = _plain(piece.text)
                said.append(text if address is None else f"[{text}]({address})")
    return "".join(said)


def _plain(text: str, *, ends: bool = True) -> str:
    """Write data so that Markdown takes nothing in it for a mark; `ends`: nothing stands beside."""
    first = " " if not ends and text[:1] == " " else ""
    last = " " if not ends and text[-1:] == " " and text.strip() else ""
    return first + MARKS.sub(r"\\\1", clean(text)) + last


# --- a terminal -----------------------------------------------------------------------------------


def lines(blocks: Iterable[Block], width: int) -> str:
    """Write blocks as lines for a terminal."""
    sheet = Sheet(width)
    for block in blocks:
        match block:
            case Heading():
                sheet.gap()
                sheet.put(block.text, indent=0)
                sheet.put("=-"[block.level > 1] * min(len(block.text), width), indent=0)
            case Prose():
                sheet.put(_said(block.text), indent=0)
            case Listing():
                for line in block.text.rstrip().splitlines():
                    depth = len(line) - len(line.lstrip())
                    sheet.put(line, indent=MARGIN + depth)
            case Points():
                for depth, line in block.points:
                    sheet.put(_said(line), indent=MARGIN * depth, bullet="- ")
            case Table() if len(block.heads) > MOST_COLUMNS:
                for row in block.rows:
                    sheet.put(_folded(block.heads, row), indent=0, bullet="- ")
            case Table():
                said = [tuple(map(_said, row)) for row in (block.heads, *block.rows)]
                sheet.table(said, _widths(said, width - MARGIN))
        if not isinstance(block, Heading):
            sheet.gap()
    return sheet.text().rstrip("\n") + "\n"


def _folded(heads: Sequence[str], row: Sequence[Line]) -> str:
    """Say a row of a table that has too many columns for a terminal, without its empty cells."""
    first, *rest = map(_said, row)
    named = [f"{head} {cell}" for head, cell in zip(heads[1:], rest, strict=True) if cell]
    return f"{first}: {'; '.join(named)}"


def _said(line: Line) -> str:
    if isinstance(line, str):
        return line
    return "".join(_piece(piece) for piece in line)


def _piece(piece: Piece) -> str:
    match piece:
        case str():
            return piece
        case Code():
            return piece.text
        case Link():
            told = "://" in piece.to or piece.to == piece.text or piece.to.startswith(PLACE)
            return piece.text if told else f"{piece.text} ({piece.to})"


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Share the columns of a terminal among those of a table, by what each asks for."""
    wanted = [max(1, min(WIDEST, max(map(len, column)))) for column in zip(*rows, strict=True)]
    longest = [max(_words(column), default=1) for column in zip(*rows, strict=True)]
    room = width - 2 * (len(wanted) - 1)
    while sum(wanted) > room and max(wanted) > NARROWEST:
        spare = [
            (have > NARROWEST, have - min(least, WIDEST // 2), have)
            for have, least in zip(wanted, longest, strict=True)
        ]
        wanted[spare.index(max(spare))] -= 1
    return wanted


def _words(column: Iterable[str]) -> Iterator[int]:
    for cell in column:
        yield from map(len, cell.split())
